/* A timeout of 0, and NULL options, try once: the lock, or ALREADY_LOCKED with the holder. */
#include "check.h"

static void check_tries(const ralph_lock_options *options)
{
    char *root = new_workspace();
    ralph_lock_guard *guard;
    ralph_lock_metadata *rival;
    ralph_lock_error *error;
    process holder;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_with(root, "first", options, &guard, &rival, &error));
    CHECK(rival == NULL && error == NULL);
    check_held(root, "first");
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, wait_only(root, options));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(lock_file_of(root)));

    holder = hold(root, "busy");
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_acquire_with(root, "try", options, &guard, &rival, &error));
    CHECK(guard == NULL);
    CHECK(ralph_lock_metadata_pid(rival) == (uint32_t)holder.pid);
    CHECK_TEXT("busy", ralph_lock_metadata_prompt(rival));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_error_status(error));
    CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
    ralph_lock_metadata_free(rival);
    ralph_lock_error_free(error);
    kill_hard(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
}

int main(void)
{
    ralph_lock_options *zero = timeout_of(0);

    check_tries(NULL);
    check_tries(zero);
    ralph_lock_options_free(zero);
    return 0;
}
