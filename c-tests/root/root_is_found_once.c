/* A relative root is resolved when the call begins: a later chdir in any thread, or a rename of a directory above it,
 * does not affect guards, waits and waiters. */
#include "check.h"
#include "threads.h"

static char *above, *root, *elsewhere;

/* A lock file in a wrong place. */
static void check_nothing_elsewhere(void)
{
    CHECK(access(path_of("%s/.ralph", elsewhere), F_OK) == -1);
}

static void go(const char *place)
{
    CHECK(chdir(place) == 0);
}

static void check_guard(ralph_lock_guard *guard)
{
    CHECK_TEXT("./" RALPH_LOCK_FILE, ralph_lock_guard_path(guard));
    go(elsewhere);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK(rename(above, path_of("%s-renamed", above)) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK(unlink(path_of("%s-renamed/root/%s", above, RALPH_LOCK_FILE)) == 0);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    check_held(path_of("%s-renamed/root", above), "relative");
    CHECK(rename(path_of("%s-renamed", above), above) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(!is_locked(root) && is_blank(lock_file_of(root)));
    check_nothing_elsewhere();
}

static pid_t sleeper;

static void *wait_relative(void *how)
{
    __atomic_store_n(&sleeper, gettid(), __ATOMIC_SEQ_CST);
    return wait_for(".", "relative", *(way *)how);
}

static void check_wait(way how)
{
    process holder = hold(root, "holder");
    pthread_t thread;
    void *guard;

    go(root);
    thread = start_thread(wait_relative, &how);
    while (__atomic_load_n(&sleeper, __ATOMIC_SEQ_CST) == 0)
        sched_yield();
    until_asleep(sleeper);
    sleeper = 0;
    go(elsewhere);
    /* Its lock file is removed, so that the waiter looks it up again. */
    CHECK(unlink(lock_file_of(root)) == 0);
    kill_hard(&holder);
    CHECK(pthread_join(thread, &guard) == 0);
    check_held(root, "relative");
    check_guard(guard);
}

int main(void)
{
    int how;
    ralph_lock_guard *guard;

    above = new_workspace();
    root = path_of("%s/root", above);
    elsewhere = new_workspace();
    CHECK(mkdir(root, 0777) == 0);
    go(root);
    check_guard(acquire(".", "relative"));
    for (how = 0; how < 3; how++)
        check_wait((way)how);

    /* An absolute root that is no longer at its path is LOST; release still frees its lock. */
    guard = acquire(root, "absolute");
    go("/");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK(rename(above, path_of("%s-renamed", above)) == 0);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(rename(path_of("%s-renamed", above), above) == 0);
    CHECK(is_blank(lock_file_of(root)) && !is_locked(root));
    return 0;
}
