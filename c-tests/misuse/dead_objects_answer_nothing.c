/* Freed or invented handles of metadata and errors answer as the header says; live ones are left alone. */
#include "check.h"

#include <stdint.h>

static void check_no_metadata(ralph_lock_metadata *metadata)
{
    ralph_lock_metadata_free(metadata);
    CHECK(ralph_lock_metadata_pid(metadata) == 0);
    CHECK(ralph_lock_metadata_started_unix_ns(metadata) == 0);
    CHECK(ralph_lock_metadata_started_rfc3339(metadata) == NULL);
    CHECK(ralph_lock_metadata_prompt(metadata) == NULL);
}

static void check_no_error(ralph_lock_error *error)
{
    ralph_lock_status expected = error == NULL ? RALPH_LOCK_OK : RALPH_LOCK_INVALID_HANDLE;

    ralph_lock_error_free(error);
    CHECK_STATUS(expected, ralph_lock_error_status(error));
    CHECK(ralph_lock_error_os_code(error) == 0);
    CHECK_TEXT(ralph_lock_status_message((int32_t)expected), ralph_lock_error_message(error));
    CHECK(ralph_lock_error_path(error) == NULL);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "live");
    ralph_lock_guard *none;
    ralph_lock_metadata *metadata, *dead_metadata;
    ralph_lock_error *error, *dead_error;
    void *heap = calloc(1, 4096);
    uintptr_t garbage[] = {0, 1, 2, 3, 8, 4096, UINTPTR_MAX, UINTPTR_MAX / 2, 0, 0, 0};
    size_t i;

    garbage[8] = (uintptr_t)&garbage;
    garbage[9] = (uintptr_t)heap;
    garbage[10] = (uintptr_t)root;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED,
                 ralph_lock_try_acquire(root, "try", &none, &dead_metadata, &dead_error));
    ralph_lock_metadata_free(dead_metadata);
    ralph_lock_error_free(dead_error);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "try", &none, &metadata, &error));

    for (i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        check_no_metadata((ralph_lock_metadata *)garbage[i]);
        check_no_error((ralph_lock_error *)garbage[i]);
    }
    check_no_metadata(dead_metadata);
    check_no_error(dead_error);

    CHECK(ralph_lock_metadata_pid(metadata) == (uint32_t)getpid());
    CHECK(ralph_lock_metadata_started_unix_ns(metadata) > 0);
    CHECK(strlen(ralph_lock_metadata_started_rfc3339(metadata)) >= strlen("2026-11-22T16:00:00Z"));
    CHECK_TEXT("live", ralph_lock_metadata_prompt(metadata));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_error_status(error));
    CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
    ralph_lock_metadata_free(metadata);
    ralph_lock_error_free(error);
    check_no_metadata(metadata);
    check_no_error(error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    free(heap);
    return 0;
}
