/* verify reports LOST for a guard whose lock file was removed or replaced; its release does not affect the next
 * holder. */
#include "check.h"

/* Ways in which the lock file disappears. */
static void unlinked(const char *root)
{
    CHECK(unlink(lock_file_of(root)) == 0);
}

static void renamed(const char *root)
{
    CHECK(rename(lock_file_of(root), path_of("%s/.ralph/elsewhere", root)) == 0);
}

static void folder_renamed(const char *root)
{
    CHECK(rename(path_of("%s/.ralph", root), path_of("%s/.elsewhere", root)) == 0);
}

static void replaced(const char *root)
{
    char *other = path_of("%s/other", root);

    write_file(other, "", 0);
    CHECK(rename(other, lock_file_of(root)) == 0);
}

static void replaced_by_folder(const char *root)
{
    unlinked(root);
    CHECK(mkdir(lock_file_of(root), 0777) == 0);
}

static void folder_replaced_by_file(const char *root)
{
    folder_renamed(root);
    write_file(path_of("%s/.ralph", root), "", 0);
}

static void check_noticed(void (*lose)(const char *))
{
    char *root = new_workspace();
    char *file = lock_file_of(root);
    ralph_lock_guard *guard = acquire(root, "loses it");
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, &error));
    CHECK(error == NULL);
    lose(root);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, &error));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_error_status(error));
    CHECK_TEXT(file, ralph_lock_error_path(error));
    CHECK(strstr(ralph_lock_error_message(error), file) != NULL);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_TEXT(file, ralph_lock_guard_path(guard));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    free(root);
}

/* Until then no other process can take the workspace; the next holder writes its own record. */
static void check_next_holder_is_safe(void (*lose)(const char *))
{
    char *root = new_workspace();
    ralph_lock_guard *lost = acquire(root, "loses it");
    process next;

    lose(root);
    CHECK(is_locked(root));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(lost, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(lost));
    CHECK(!is_locked(root));
    next = hold(root, "next");
    check_held(root, "next");
    kill_hard(&next);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
}

int main(void)
{
    check_noticed(unlinked);
    check_noticed(renamed);
    check_noticed(folder_renamed);
    check_noticed(replaced);
    check_noticed(replaced_by_folder);
    check_noticed(folder_replaced_by_file);
    check_next_holder_is_safe(unlinked);
    check_next_holder_is_safe(renamed);
    check_next_holder_is_safe(folder_renamed);
    check_next_holder_is_safe(replaced);
    return 0;
}
