/* .ralph may be a link to a directory; a dangling link or a plain file is named in the message and left alone. */
#include "check.h"

int main(void)
{
    char *root = new_workspace();
    char *elsewhere = new_workspace();
    char *folder = path_of("%s/.ralph", root);
    char *target = path_of("%s/loop.lock", elsewhere);
    char *nowhere = path_of("%s/nowhere", elsewhere);
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    process holder;

    CHECK(symlink(elsewhere, folder) == 0);
    guard = acquire(root, "through the link");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK(strstr(read_file(target, NULL), "through the link") != NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(target));
    holder = hold(root, "other");
    check_held(root, "other");
    kill_hard(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));

    CHECK(unlink(folder) == 0 && symlink(nowhere, folder) == 0);
    error = cannot_acquire(root, ENOENT);
    CHECK(strstr(ralph_lock_error_message(error), folder) != NULL);
    ralph_lock_error_free(error);
    CHECK(access(nowhere, F_OK) == -1);
    CHECK(!is_locked(root));

    CHECK(unlink(folder) == 0);
    write_file(folder, "untouched", 9);
    error = cannot_acquire(root, ENOTDIR);
    CHECK(strstr(ralph_lock_error_message(error), folder) != NULL);
    ralph_lock_error_free(error);
    CHECK_TEXT("untouched", read_file(folder, NULL));
    return 0;
}
