/* A waiter whose lock file is removed gets the lock of the file that is at the path then. */
#include "check.h"

static void wait_for_the_lock(void *root)
{
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "waiter", &guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    say(&starter, 'a');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void has_the_lock(char *root, process *waiter)
{
    CHECK(hear(waiter) == 'a');
    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    say(waiter, 'r');
    finish(waiter);
    CHECK(try_only(root) == RALPH_LOCK_OK);
}

int main(void)
{
    char *root = new_workspace();
    char *file = lock_file_of(root);
    char old[64], now[64];
    ralph_lock_guard *lost;
    process waiter;

    /* The lock file is gone. */
    lost = acquire(root, "loses its file");
    waiter = start(wait_for_the_lock, root);
    until_blocked(waiter.pid);
    CHECK(unlink(file) == 0);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(lost, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(lost));
    has_the_lock(root, &waiter);

    /* The whole directory is gone. */
    lost = acquire(root, "loses its directory");
    waiter = start(wait_for_the_lock, root);
    until_blocked(waiter.pid);
    CHECK(unlink(file) == 0);
    unlink(path_of("%s/.ralph/.gitignore", root));
    CHECK(rmdir(path_of("%s/.ralph", root)) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(lost));
    has_the_lock(root, &waiter);

    /* The holder has put another file there: the wait continues. */
    lost = acquire(root, "loses its file");
    waiter = start(wait_for_the_lock, root);
    while (!is_blocked(waiter.pid, old))
        sched_yield();
    CHECK(unlink(file) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(lost, NULL, NULL));
    while (!is_blocked(waiter.pid, now) || strcmp(old, now) == 0)
        sched_yield();
    check_held(root, "loses its file");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(lost));
    has_the_lock(root, &waiter);
    return 0;
}
