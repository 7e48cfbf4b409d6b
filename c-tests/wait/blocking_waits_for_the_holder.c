/* acquire_blocking waits for the holder and gets the lock when the holder releases, exits or is killed. */
#include "check.h"

/* Says 'a' once it holds the lock. */
static void wait_for_the_lock(void *root)
{
    ralph_lock_guard *guard;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "waiter", &guard, &error));
    CHECK(error == NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    say(&starter, 'a');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static process blocked_waiter(char *root)
{
    process waiter = start(wait_for_the_lock, root);

    until_blocked(waiter.pid);
    return waiter;
}

static void has_the_lock(char *root, process *waiter)
{
    ralph_lock_metadata *holder;

    CHECK(hear(waiter) == 'a');
    CHECK(is_locked(root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &holder, NULL));
    CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)waiter->pid);
    CHECK_TEXT("waiter", ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
    say(waiter, 'r');
    finish(waiter);
    CHECK(is_blank(lock_file_of(root)));
}

int main(void)
{
    char *root = new_workspace();
    process holder, waiter;
    ralph_lock_guard *guard;

    holder = hold(root, "releases");
    waiter = blocked_waiter(root);
    say(&holder, 'r');
    has_the_lock(root, &waiter);
    say(&holder, 'x');
    finish(&holder);

    holder = hold(root, "exits");
    waiter = blocked_waiter(root);
    say(&holder, 'x');
    has_the_lock(root, &waiter);
    finish(&holder);

    holder = hold(root, "is killed");
    waiter = blocked_waiter(root);
    kill_hard(&holder);
    has_the_lock(root, &waiter);

    /* It takes a free lock at once. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "free", &guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
