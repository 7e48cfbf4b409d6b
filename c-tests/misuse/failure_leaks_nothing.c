/* No failure leaks a descriptor or memory, however often it happens. */
#include "check.h"
#include "leaks.h"

static char *root;
static ralph_lock_guard *released;

/* Checks a call's outcome: the expected status, an error object with a message, and no result. */
static void failed(ralph_lock_status expected, ralph_lock_status actual, ralph_lock_error *error)
{
    CHECK_STATUS(expected, actual);
    CHECK(ralph_lock_error_status(error) == expected);
    CHECK(strlen(ralph_lock_error_message(error)) > 0);
    ralph_lock_error_free(error);
}

static void refused(void *unused)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_try_acquire(root, "second", &guard, &holder, &error);

    (void)unused;
    failed(RALPH_LOCK_ALREADY_LOCKED, status, error);
    CHECK(guard == NULL);
    CHECK_TEXT("first", ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "second", &guard, NULL, NULL));
}

static void all_of(const char *where, const char *prompt, ralph_lock_status expected)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status;
    bool locked;

    status = ralph_lock_try_acquire(where, prompt, &guard, &holder, &error);
    failed(expected, status, error);
    CHECK(guard == NULL && holder == NULL);
    status = ralph_lock_acquire_blocking(where, prompt, &guard, &error);
    failed(expected, status, error);
    CHECK(guard == NULL);
    if (where != NULL)
        return;
    status = ralph_lock_read_existing(where, &holder, &error);
    failed(expected, status, error);
    status = ralph_lock_is_locked(where, &locked, &error);
    failed(expected, status, error);
}

static void invalid_argument(void *unused)
{
    ralph_lock_error *error;
    ralph_lock_status status;

    (void)unused;
    all_of(NULL, "prompt", RALPH_LOCK_INVALID_ARGUMENT);
    all_of(root, NULL, RALPH_LOCK_INVALID_ARGUMENT);
    all_of(root, "not UTF-8: \xff", RALPH_LOCK_INVALID_ARGUMENT);
    all_of("", "prompt", RALPH_LOCK_INVALID_ARGUMENT);
    status = ralph_lock_guard_verify(NULL, &error);
    failed(RALPH_LOCK_INVALID_ARGUMENT, status, error);
}

static void invalid_handle(void *unused)
{
    ralph_lock_error *error;
    ralph_lock_status status;

    (void)unused;
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(released));
    status = ralph_lock_guard_verify(released, &error);
    failed(RALPH_LOCK_INVALID_HANDLE, status, error);
    CHECK(ralph_lock_guard_path(released) == NULL);
}

static void impossible(void *where)
{
    all_of(where, "prompt", RALPH_LOCK_IO);
}

static void not_found(void *where)
{
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_read_existing(where, &metadata, &error);

    failed(RALPH_LOCK_NOT_FOUND, status, error);
    CHECK(metadata == NULL);
}

static void lost(void *guard)
{
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_guard_verify(guard, &error);

    failed(RALPH_LOCK_LOST, status, error);
}

int main(void)
{
    char *without = path_of("%s/does/not/exist", new_workspace());
    char *symlinked = new_workspace();
    char *directory = new_workspace();
    char *empty = new_workspace();
    char *unparsable = new_workspace();
    ralph_lock_guard *guard;

    root = new_workspace();
    released = acquire(root, "gone");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(released));
    guard = acquire(root, "first");

    leaks_nothing("refused", 50000, refused, NULL);
    leaks_nothing("invalid argument", 50000, invalid_argument, NULL);
    leaks_nothing("invalid handle", 100000, invalid_handle, NULL);
    leaks_nothing("missing root", 50000, impossible, without);

    CHECK(mkdir(path_of("%s/.ralph", symlinked), 0777) == 0);
    CHECK(symlink("elsewhere", lock_file_of(symlinked)) == 0);
    leaks_nothing("symbolic link", 50000, impossible, symlinked);
    CHECK(mkdir(path_of("%s/.ralph", directory), 0777) == 0);
    CHECK(mkdir(lock_file_of(directory), 0777) == 0);
    leaks_nothing("directory", 50000, impossible, directory);

    leaks_nothing("no file", 100000, not_found, empty);
    write_file(lock_file_of(empty), "  \n", 3);
    leaks_nothing("blank file", 100000, not_found, empty);
    /* Another process might be writing a record into such a file, so each round waits for it. */
    write_file(lock_file_of(unparsable), "{\"pid\":", 7);
    leaks_nothing("unparsable file", 50, not_found, unparsable);

    CHECK(unlink(lock_file_of(root)) == 0);
    leaks_nothing("lost file", 100000, lost, guard);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
