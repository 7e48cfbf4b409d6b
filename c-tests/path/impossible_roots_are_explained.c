/* A root that is empty or too long is RALPH_LOCK_INVALID_ARGUMENT; one that is missing or not a directory is
 * RALPH_LOCK_IO, and is never created. */
#include "check.h"

static void check_invalid(const char *root)
{
    int descriptors = open_descriptors();
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    bool locked = true;
    ralph_lock_filesystem verdict;
    ralph_lock_state state;
    size_t length;

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_try_acquire(root, "p", &guard, &metadata, &error));
    CHECK(guard == NULL);
    CHECK(metadata == NULL);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_error_status(error));
    CHECK(strlen(ralph_lock_error_message(error)) > 0);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_acquire_blocking(root, "p", &guard, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_read_existing(root, &metadata, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_is_locked(root, &locked, NULL));
    CHECK(!locked);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_inspect(root, &state, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_find_keepers(root, NULL, 0, &length, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_find_root(root, NULL, 0, &length, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_probe_filesystem(root, &verdict, NULL));
    CHECK(open_descriptors() == descriptors);
}

static void check_blocking_fails(const char *root, int os_code)
{
    ralph_lock_guard *guard;

    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_acquire_blocking(root, "p", &guard, NULL));
    CHECK(errno == os_code);
    CHECK(guard == NULL);
}

/* "/xx…x" with that many letters. */
static char *component(size_t length)
{
    char *text = remember(malloc(length + 2));

    CHECK(text != NULL);
    memset(text, 'x', length + 1);
    text[0] = '/';
    text[length + 1] = '\0';
    return text;
}

int main(void)
{
    char *root = new_workspace();
    char *missing = path_of("%s/missing", root);
    char *plain = path_of("%s/plain", root);
    char *deep = root;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    bool locked;

    check_invalid("");
    check_invalid(path_of("%s%s", root, component(256)));
    while (strlen(deep) <= 4096)
        deep = path_of("%s%s", deep, component(200));
    check_invalid(deep);
    check_invalid(component(100000));

    error = cannot_acquire(missing, ENOENT);
    CHECK_TEXT(path_of("no such directory: %s", missing), ralph_lock_error_message(error));
    CHECK_TEXT(missing, ralph_lock_error_path(error));
    ralph_lock_error_free(error);
    check_blocking_fails(missing, ENOENT);
    CHECK(access(missing, F_OK) == -1);
    /* A missing lock file has no record and is not locked. */
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(missing, &metadata, NULL));
    CHECK(!is_locked(missing));

    write_file(plain, "untouched", 9);
    error = cannot_acquire(plain, ENOTDIR);
    CHECK_TEXT(path_of("not a directory: %s", plain), ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    check_blocking_fails(plain, ENOTDIR);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_read_existing(plain, &metadata, NULL));
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_is_locked(plain, &locked, NULL));
    CHECK_TEXT("untouched", read_file(plain, NULL));
    return 0;
}
