/* A required argument that is NULL is RALPH_LOCK_INVALID_ARGUMENT and the message names it. Results are cleared first,
 * and no file is created. An optional argument may be NULL. */
#include "check.h"

/* No object has this address: a result that keeps it was not cleared. */
#define FULL(type) ((type *)8)

/* Checks and frees the error object of a call with a NULL argument. */
static void check_names(const char *name, ralph_lock_error *error)
{
    CHECK(error != NULL && error != FULL(ralph_lock_error));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_error_status(error));
    CHECK_TEXT(path_of("%s is NULL", name), ralph_lock_error_message(error));
    CHECK(ralph_lock_error_os_code(error) == 0);
    CHECK(ralph_lock_error_path(error) == NULL);
    ralph_lock_error_free(error);
}

static void try_acquire(const char *name, const char *root, const char *prompt, bool with_guard)
{
    ralph_lock_guard *guard = FULL(ralph_lock_guard);
    ralph_lock_metadata *holder = FULL(ralph_lock_metadata);
    ralph_lock_error *error = FULL(ralph_lock_error);

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_try_acquire(root, prompt, with_guard ? &guard : NULL, &holder, &error));
    CHECK(guard == (with_guard ? NULL : FULL(ralph_lock_guard)));
    CHECK(holder == NULL);
    check_names(name, error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_try_acquire(root, prompt, with_guard ? &guard : NULL, NULL, NULL));
}

static void acquire_blocking(const char *name, const char *root, const char *prompt, bool with_guard)
{
    ralph_lock_guard *guard = FULL(ralph_lock_guard);
    ralph_lock_error *error = FULL(ralph_lock_error);

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_acquire_blocking(root, prompt, with_guard ? &guard : NULL, &error));
    CHECK(guard == (with_guard ? NULL : FULL(ralph_lock_guard)));
    check_names(name, error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_acquire_blocking(root, prompt, with_guard ? &guard : NULL, NULL));
}

static void read_existing(const char *name, const char *root, bool with_metadata)
{
    ralph_lock_metadata *metadata = FULL(ralph_lock_metadata);
    ralph_lock_error *error = FULL(ralph_lock_error);

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_read_existing(root, with_metadata ? &metadata : NULL, &error));
    CHECK(metadata == (with_metadata ? NULL : FULL(ralph_lock_metadata)));
    check_names(name, error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_read_existing(root, with_metadata ? &metadata : NULL, NULL));
}

static void ask_whether_locked(const char *name, const char *root, bool with_locked)
{
    bool locked = true;
    ralph_lock_error *error = FULL(ralph_lock_error);

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_is_locked(root, with_locked ? &locked : NULL, &error));
    CHECK(locked == !with_locked);
    check_names(name, error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_is_locked(root, with_locked ? &locked : NULL, NULL));
}

static void probe_filesystem(const char *name, const char *root, bool with_verdict)
{
    ralph_lock_filesystem verdict = RALPH_LOCK_FILESYSTEM_LOCAL;
    ralph_lock_error *error = FULL(ralph_lock_error);

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_probe_filesystem(root, with_verdict ? &verdict : NULL, &error));
    CHECK(verdict == (with_verdict ? RALPH_LOCK_FILESYSTEM_UNKNOWN : RALPH_LOCK_FILESYSTEM_LOCAL));
    check_names(name, error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_probe_filesystem(root, with_verdict ? &verdict : NULL, NULL));
}

/* Calls that fail later, and calls that succeed, clear the results too. */
static void check_results(const char *root)
{
    ralph_lock_guard *guard = FULL(ralph_lock_guard);
    ralph_lock_guard *second = FULL(ralph_lock_guard);
    ralph_lock_metadata *metadata = FULL(ralph_lock_metadata);
    ralph_lock_error *error = FULL(ralph_lock_error);
    bool locked = true;

    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(root, &metadata, NULL));
    CHECK(metadata == NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_is_locked(root, &locked, &error));
    CHECK(!locked && error == NULL);

    metadata = FULL(ralph_lock_metadata);
    error = FULL(ralph_lock_error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_try_acquire(root, "", &guard, &metadata, &error));
    CHECK(guard != NULL && guard != FULL(ralph_lock_guard));
    CHECK(metadata == NULL && error == NULL);

    error = FULL(ralph_lock_error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, &error));
    CHECK(error == NULL);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "", &second, NULL, NULL));
    CHECK(second == NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    error = FULL(ralph_lock_error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "", &guard, &error));
    CHECK(error == NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_error *error = FULL(ralph_lock_error);

    try_acquire("workspace_root", NULL, "p", true);
    try_acquire("prompt", root, NULL, true);
    try_acquire("guard", root, "p", false);
    acquire_blocking("workspace_root", NULL, "p", true);
    acquire_blocking("prompt", root, NULL, true);
    acquire_blocking("guard", root, "p", false);
    read_existing("workspace_root", NULL, true);
    read_existing("metadata", root, false);
    ask_whether_locked("workspace_root", NULL, true);
    ask_whether_locked("locked", root, false);
    probe_filesystem("workspace_root", NULL, true);
    probe_filesystem("verdict", root, false);

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_verify(NULL, &error));
    check_names("guard", error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_verify(NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(NULL));
    CHECK(ralph_lock_guard_path(NULL) == NULL);
    ralph_lock_metadata_free(NULL);
    ralph_lock_error_free(NULL);

    /* The workspace is still empty. */
    CHECK(rmdir(root) == 0 && mkdir(root, 0777) == 0);
    check_results(root);
    return 0;
}
