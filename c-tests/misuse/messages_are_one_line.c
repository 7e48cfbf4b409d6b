/* An error message is one short line without control characters, whatever the path and the file contain. */
#include "check.h"

static void check_one_line(ralph_lock_error *error, const char *path)
{
    const char *letter = ralph_lock_error_message(error);

    CHECK(strlen(letter) > 0);
    CHECK(strlen(letter) < 2 * strlen(path) + 500);
    for (; *letter != '\0'; letter++)
        CHECK((unsigned char)*letter >= ' ' && *letter != '\x7f');
    CHECK_TEXT(path, ralph_lock_error_path(error));
    ralph_lock_error_free(error);
}

int main(void)
{
    char *root = path_of("%s/red\n\x1b[31m\r\t\x7f", new_workspace());
    char *file = lock_file_of(root);
    const char *start = "{\"pid\": \"two\\nlines";
    char text[100000];
    ralph_lock_guard *guard, *second;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;

    if (mkdir(root, 0777) == -1)
        skip("this file system does not take every byte in a name");
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(root, &metadata, &error));
    check_one_line(error, file);

    guard = acquire(root, "two\nlines");
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "p", &second, NULL, &error));
    check_one_line(error, file);
    CHECK(unlink(file) == 0);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, &error));
    check_one_line(error, file);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    /* A string where a number is expected; what is wrong with it is quoted. */
    memset(text, 'x', sizeof text);
    memcpy(text, start, strlen(start));
    memcpy(text + sizeof text - 2, "\"}", 2);
    write_file(file, text, sizeof text);
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(root, &metadata, &error));
    check_one_line(error, file);
    CHECK(unlink(file) == 0 && mkdir(file, 0777) == 0);
    check_one_line(cannot_acquire(root, EISDIR), file);
    CHECK(rmdir(file) == 0 && unlink(path_of("%s/.ralph/.gitignore", root)) == 0);
    CHECK(rmdir(path_of("%s/.ralph", root)) == 0 && rmdir(root) == 0);
    check_one_line(cannot_acquire(root, ENOENT), root);
    return 0;
}
