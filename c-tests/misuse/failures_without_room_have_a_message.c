/* When no object can be created any more, a failure still has an error object: a static one with its status and a
 * message, which is never freed. */
#include "check.h"

static ralph_lock_error *error;

static void check_failure(ralph_lock_status expected, int os_code, ralph_lock_status status)
{
    int i;

    CHECK_STATUS(expected, status);
    CHECK(error != NULL);
    for (i = 0; i < 2; i++) {
        CHECK_STATUS(expected, ralph_lock_error_status(error));
        CHECK(ralph_lock_error_os_code(error) == os_code);
        CHECK(strstr(ralph_lock_error_message(error), "worked") == NULL);
        CHECK(strlen(ralph_lock_error_message(error)) > 10);
        CHECK(ralph_lock_error_path(error) == NULL);
        ralph_lock_error_free(error);
    }
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *held = acquire(root, "before"), *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_state state;
    ralph_lock_options *options = timeout_of(0);
    bool locked;

    if (ONE_IN != 1)
        skip("a million objects take too long under this tool");
    while (ralph_lock_options_new() != NULL)
        continue;
    check_failure(RALPH_LOCK_ALREADY_LOCKED, 0, ralph_lock_try_acquire(root, "x", &guard, &metadata, &error));
    CHECK(guard == NULL && metadata == NULL);
    check_failure(RALPH_LOCK_IO, ENOMEM, ralph_lock_read_existing(root, &metadata, &error));
    CHECK(strstr(ralph_lock_error_message(error), "memory") != NULL);
    check_failure(RALPH_LOCK_IO, ENOMEM, ralph_lock_inspect(root, &state, &metadata, &error));
    check_failure(RALPH_LOCK_INVALID_ARGUMENT, 0, ralph_lock_is_locked(NULL, &locked, &error));
    check_failure(RALPH_LOCK_INVALID_HANDLE, 0, ralph_lock_guard_verify((ralph_lock_guard *)8, &error));
    check_failure(RALPH_LOCK_IO, ENOENT, ralph_lock_try_acquire("missing", "x", &guard, NULL, &error));

    /* A guard that cannot get a handle releases its lock. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, "other.lock"));
    check_failure(RALPH_LOCK_IO, ENOMEM, ralph_lock_acquire_with(root, "x", options, &guard, NULL, &error));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect_with(root, options, &state, NULL, NULL));
    CHECK(state == RALPH_LOCK_STATE_FREE);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_is_locked(root, &locked, NULL));
    CHECK(locked);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(held));
    return 0;
}
