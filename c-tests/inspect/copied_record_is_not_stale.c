/* A record that was copied with its directory, or that a running process left behind, does not make the lock STALE: it
 * is free, and its next holder gets no record of a dead holder. */
#include "inspecting.h"

/* No object has this address: a result that keeps it was not cleared. */
#define FULL(type) ((type *)8)

static void check_no_previous_holder(const char *root)
{
    ralph_lock_guard *guard = acquire(root, "next");
    ralph_lock_metadata *previous = FULL(ralph_lock_metadata);
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_guard_previous(guard, &previous, &error));
    CHECK(previous == NULL);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void check_left_by_a_running_process(const char *root, pid_t pid)
{
    ralph_lock_metadata *metadata;

    CHECK(look(root, &metadata) == RALPH_LOCK_STATE_STALE);
    CHECK(ralph_lock_metadata_pid(metadata) == (uint32_t)pid);
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_LIVE);
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_signal_holder(root, SIGKILL, NULL));
    check_no_previous_holder(root);
}

static void run_another_program(void *root)
{
    acquire(root, "before exec");
    /* The end of its line shows that it has ended. */
    CHECK(dup2(starter.from, 0) == 0);
    execlp("cat", "cat", (char *)NULL);
    CHECK(!"cat runs");
}

int main(void)
{
    char *root = new_workspace(), *copy = new_workspace();
    process holder = hold(root, "the original's"), other;
    char *record = read_file(lock_file_of(root), NULL);

    write_file(lock_file_of(copy), record, strlen(record));
    check_left_by_a_running_process(copy, holder.pid);
    check_held(root, "the original's");
    kill_hard(&holder);
    /* Once that process has ended, its record counts as the last holder's. */
    write_file(lock_file_of(copy), record, strlen(record));
    check_state(copy, RALPH_LOCK_STATE_STALE, "the original's");

    /* exec ends the lock and not the process. */
    root = new_workspace();
    holder = start(run_another_program, root);
    while (access(lock_file_of(root), F_OK) == -1 || is_blank(lock_file_of(root)) || is_locked(root))
        sched_yield();
    check_state(root, RALPH_LOCK_STATE_STALE, "before exec");
    other = hold_plainly(root, LOCK_EX);
    CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_signal_holder(root, SIGKILL, NULL));
    dismiss(&other);
    check_left_by_a_running_process(root, holder.pid);
    close(holder.to);
    holder.to = -1;
    finish(&holder);
    return 0;
}
