/* A root may contain any bytes, end with slashes, be a link or be relative; guard and error return it as given. */
#include "check.h"

/* Takes a root's lock, here and in another process, and checks the paths. */
static void check_works(const char *root, const char *file)
{
    ralph_lock_guard *guard = acquire(root, "first");
    ralph_lock_guard *second;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    process holder;

    CHECK_TEXT(file, ralph_lock_guard_path(guard));
    CHECK(access(file, F_OK) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "second", &second, NULL, &error));
    CHECK_TEXT(file, ralph_lock_error_path(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(root, &metadata, &error));
    CHECK_TEXT(file, ralph_lock_error_path(error));
    ralph_lock_error_free(error);

    holder = hold(root, "other");
    CHECK(is_locked(root));
    check_held(root, "other");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &metadata, NULL));
    CHECK_TEXT("other", ralph_lock_metadata_prompt(metadata));
    ralph_lock_metadata_free(metadata);
    kill_hard(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
}

int main(void)
{
    char *root = new_workspace();
    char *odd = path_of("%s/\xff\xfe \x01\n\"\\ \xed\xa0\x80", root);
    char *missing = path_of("%s/missing \xff", root);
    char *link = path_of("%s/link", root);
    ralph_lock_guard *guard;
    ralph_lock_error *error;

    CHECK(chdir(root) == 0);
    check_works(".", "./.ralph/loop.lock");
    check_works("..", "../.ralph/loop.lock");
    check_works(path_of("%s/", root), path_of("%s/.ralph/loop.lock", root));
    CHECK(symlink(root, link) == 0);
    check_works(link, path_of("%s/.ralph/loop.lock", link));

    /* Every spelling means the same lock. */
    guard = acquire(".", "one");
    check_held(root, "one");
    check_held(link, "one");
    check_held(path_of("%s//./", root), "one");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    if (mkdir(odd, 0777) == -1)
        skip("this file system does not take every byte in a name");
    check_works(odd, path_of("%s/.ralph/loop.lock", odd));

    error = cannot_acquire(missing, ENOENT);
    CHECK(strncmp(ralph_lock_error_path(error), missing, strlen(missing)) == 0);
    /* The message is still UTF-8. */
    CHECK(strstr(ralph_lock_error_message(error), "\xff") == NULL);
    CHECK(strstr(ralph_lock_error_message(error), "/missing \xef\xbf\xbd") != NULL);
    ralph_lock_error_free(error);
    return 0;
}
