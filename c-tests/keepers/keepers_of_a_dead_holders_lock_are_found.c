/* When a child keeps the lock of a dead holder, the lock is HELD and the record's holder DEAD; find_keepers reports the
 * child, and signal_holder signals no process. */
#include "inspecting.h"

static void check_is_dead(const ralph_lock_metadata *holder, const kept *lock)
{
    CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)lock->dead);
    CHECK_TEXT("server", ralph_lock_metadata_prompt(holder));
    CHECK(ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_DEAD);
}

static void check_keeper(const char *root, uint32_t keeper)
{
    uint32_t pids[3] = {7, 7, 7};
    size_t count = 9;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, pids, 3, &count, &error));
    CHECK(error == NULL && count == 1 && pids[0] == keeper && pids[1] == 7);
    pids[0] = 7;
    count = 9;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, pids, 1, &count, NULL));
    CHECK(count == 1 && pids[0] == keeper && pids[1] == 7);
    pids[0] = 7;
    count = 9;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, pids, 0, &count, NULL));
    CHECK(count == 1 && pids[0] == 7);
    count = 9;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, NULL, 0, &count, NULL));
    CHECK(count == 1);
}

static void check_kept(void *argument)
{
    const char *root = argument;
    kept lock = keep(root, "server");
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "try", &guard, &holder, NULL));
    check_is_dead(holder, &lock);
    ralph_lock_metadata_free(holder);
    CHECK(look(root, &holder) == RALPH_LOCK_STATE_HELD);
    check_is_dead(holder, &lock);
    ralph_lock_metadata_free(holder);
    check_keeper(root, (uint32_t)lock.keeper);

    /* SIGKILL: the keeper would not survive it. */
    CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_signal_holder(root, SIGKILL, &error));
    CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_error_status(error));
    CHECK(strstr(ralph_lock_error_message(error), "has ended") != NULL);
    CHECK(strstr(ralph_lock_error_message(error), path_of("process %d", (int)lock.dead)) != NULL);
    CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
    ralph_lock_error_free(error);

    end_keeper(&lock);
    check_state(root, RALPH_LOCK_STATE_STALE, "server");
    CHECK(try_only(root) == RALPH_LOCK_OK);
}

static void wait_for_lock(void *root)
{
    ralph_lock_guard *guard;

    /* A copy of the pipe here would keep the keeper from ending. */
    close(keepers_line[1]);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "waiter", &guard, NULL));
    say(&starter, 'g');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

/* A process in the kernel's queue for the lock has the file open too. */
static void check_waiters_are_no_keepers(void *argument)
{
    const char *root = argument;
    kept lock = keep(root, "server");
    process waiter = start(wait_for_lock, argument);

    until_blocked(waiter.pid);
    check_keeper(root, (uint32_t)lock.keeper);
    end_keeper(&lock);
    CHECK(hear(&waiter) == 'g');
    check_keeper(root, (uint32_t)waiter.pid);
    dismiss(&waiter);
}

int main(void)
{
    char *root = new_workspace();

    check_kept(root);
    check_waiters_are_no_keepers(root);
    /* In a pid namespace /proc/locks does not show locks whose owners have ended. */
    if (!run_in_pid_namespace(check_kept, root))
        printf("not tested in a pid namespace, which this user cannot make\n");
    return 0;
}
