/* A refusal's message, at once or after a wait, names the holder in the words of its summary. */
#include "check.h"

static void check_message(const char *root, const ralph_lock_options *options, ralph_lock_status expected)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    const char *summary;

    CHECK_STATUS(expected, ralph_lock_acquire_with(root, "x", options, &guard, &holder, &error));
    summary = ralph_lock_metadata_summary(holder);
    CHECK(strstr(summary, path_of("process %d since ", (int)getpid())) == summary);
    CHECK(strstr(summary, ": write\\ndocs") != NULL);
    CHECK(strstr(ralph_lock_error_message(error), summary) != NULL);
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "write\ndocs");
    ralph_lock_options *timed = timeout_of(1);

    check_message(root, NULL, RALPH_LOCK_ALREADY_LOCKED);
    check_message(root, timed, RALPH_LOCK_TIMED_OUT);
    ralph_lock_options_free(timed);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
