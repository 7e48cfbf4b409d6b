/* On a kernel without pidfd signal_holder signals no process and says why; everything else works. */
#include "inspecting.h"

#include <sys/syscall.h>

int main(void)
{
    char *root = new_workspace();
    process holder = hold(root, "holder");
    long fd = syscall(SYS_pidfd_open, getpid(), 0);
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_signal_holder(root, SIGTERM, &error);
    int ended;

    CHECK_STATUS(status, ralph_lock_error_status(error));
    if (fd >= 0) {
        CHECK_STATUS(RALPH_LOCK_OK, status);
        ended = reap(&holder);
        CHECK(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGTERM);
        check_state(root, RALPH_LOCK_STATE_STALE, "holder");
        return 0;
    }
    CHECK_STATUS(RALPH_LOCK_UNSUPPORTED_PLATFORM, status);
    CHECK(strstr(ralph_lock_error_message(error), "lacks a system call") != NULL);
    ralph_lock_error_free(error);
    check_state(root, RALPH_LOCK_STATE_HELD, "holder");
    dismiss(&holder);
    check_state(root, RALPH_LOCK_STATE_STALE, "holder");
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_signal_holder(root, SIGTERM, NULL));
    return 0;
}
