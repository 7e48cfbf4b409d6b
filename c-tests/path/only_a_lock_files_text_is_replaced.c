/* A chosen file whose text is neither blank, nor a record, nor the beginning of one that the library writes, is refused
 * by every function that takes a lock, and left untouched. So is a directory, .ralph included. */
#include "check.h"

#include <sys/time.h>

#define CORE_RECORD "{\"pid\": 1, \"started\": \"2026-01-01T00:00:00Z\", \"prompt\": \"core\"}"

static char *root, *file;
static ralph_lock_options *options;

/* Checks a refusal, and that the file and its times are as before. */
static void check_refused(const void *text, size_t length)
{
    ralph_lock_options *waiting = ralph_lock_options_new();
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_waiter *waiter;
    ralph_lock_error *error;
    struct stat before, after;
    size_t found;
    int fd;

    write_file(file, text, length);
    CHECK(stat(file, &before) == 0);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_acquire_with(root, "p", options, &guard, &holder, &error));
    CHECK(guard == NULL && holder == NULL);
    CHECK(strstr(ralph_lock_error_message(error), file) != NULL);
    CHECK(strstr(ralph_lock_error_message(error), "not a lock file") != NULL);
    CHECK_TEXT(file, ralph_lock_error_path(error));
    ralph_lock_error_free(error);

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(waiting, "job.sh"));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_acquire_with(root, "p", waiting, &guard, NULL, NULL));
    if (HAS_WAITERS) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "p", waiting, &waiter, NULL));
        CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
        ralph_lock_waiter_free(waiter);
    }
    ralph_lock_options_free(waiting);

    /* The descriptor of a shell that has locked the file: the shell keeps the lock. */
    fd = open(file, O_RDWR | O_CLOEXEC);
    CHECK(fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_adopt_fd(root, "p", options, fd, &guard, NULL));
    CHECK(fcntl(fd, F_GETFD) != -1);
    CHECK(close(fd) == 0);

    CHECK(memcmp(text, read_file(file, &found), length) == 0 && found == length);
    CHECK(stat(file, &after) == 0);
    CHECK(memcmp(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim) == 0 && before.st_ino == after.st_ino);
    CHECK(unlink(file) == 0);
}

static void check_taken(const char *text, size_t length)
{
    ralph_lock_guard *guard;

    write_file(file, text, length);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_with(root, "p", options, &guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(file));
}

int main(void)
{
    const char *foreign[] = {"#!/bin/sh\necho work\n", "{}", "{\"name\": \"x\"}", "{\n  \"pid\": \"x\"", "[1]", " \n x"};
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    char *large, *record;
    size_t i, length;

    root = new_workspace();
    file = path_of("%s/job.sh", root);
    options = timeout_of(0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, "job.sh"));

    for (i = 0; i < sizeof foreign / sizeof *foreign; i++)
        check_refused(foreign[i], strlen(foreign[i]));
    check_refused("\0\0\0", 3);
    length = 19U << 20;
    large = remember(malloc(length));
    memset(large, ' ', length);
    check_refused(large, length);

    check_taken("", 0);
    check_taken("  \n", 3);
    check_taken(CORE_RECORD, strlen(CORE_RECORD));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_with(root, "two\nlines", options, &guard, NULL, NULL));
    record = read_file(file, &length);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    for (i = 0; i <= length; i += 7)
        check_taken(record, i);

    /* The workspace's own lock file is replaced, whatever it holds. */
    write_file(lock_file_of(root), "not a record", 12);
    CHECK(try_only(root) == RALPH_LOCK_OK);

    CHECK(unlink(file) == 0 && mkdir(file, 0777) == 0);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_acquire_with(root, "p", options, &guard, NULL, &error));
    CHECK(ralph_lock_error_os_code(error) == EISDIR);
    CHECK(strstr(ralph_lock_error_message(error), "remove") == NULL);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_options_set_lock_file(options, ".ralph"));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_options_set_lock_file(options, "./.ralph"));
    ralph_lock_options_free(options);
    return 0;
}
