/* A live handle passed as another type is refused: no object ends, and the lock stays held. */
#include "check.h"

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "live");
    ralph_lock_guard *none;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "try", &none, &metadata, &error));

    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release((ralph_lock_guard *)metadata));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release((ralph_lock_guard *)error));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_guard_verify((ralph_lock_guard *)metadata, NULL));
    CHECK(ralph_lock_guard_path((ralph_lock_guard *)error) == NULL);

    CHECK(ralph_lock_metadata_pid((ralph_lock_metadata *)guard) == 0);
    CHECK(ralph_lock_metadata_started_unix_ns((ralph_lock_metadata *)error) == 0);
    CHECK(ralph_lock_metadata_started_rfc3339((ralph_lock_metadata *)error) == NULL);
    CHECK(ralph_lock_metadata_prompt((ralph_lock_metadata *)guard) == NULL);
    ralph_lock_metadata_free((ralph_lock_metadata *)guard);
    ralph_lock_metadata_free((ralph_lock_metadata *)error);

    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_error_status((ralph_lock_error *)guard));
    CHECK(ralph_lock_error_os_code((ralph_lock_error *)metadata) == 0);
    CHECK(ralph_lock_error_path((ralph_lock_error *)guard) == NULL);
    CHECK_TEXT(ralph_lock_status_message(RALPH_LOCK_INVALID_HANDLE),
               ralph_lock_error_message((ralph_lock_error *)metadata));
    ralph_lock_error_free((ralph_lock_error *)guard);
    ralph_lock_error_free((ralph_lock_error *)metadata);

    CHECK_TEXT("live", ralph_lock_metadata_prompt(metadata));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_error_status(error));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_held(root, "live");
    ralph_lock_metadata_free(metadata);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(!is_locked(root));
    return 0;
}
