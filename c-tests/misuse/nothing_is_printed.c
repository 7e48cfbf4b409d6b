/* No call prints anything, whatever fails in it. */
#include "check.h"

static void redirect(const char *path, int to)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd != -1);
    CHECK(dup2(fd, to) == to);
    CHECK(close(fd) == 0);
}

/* Frees one call's results. */
static void expect(ralph_lock_status expected, ralph_lock_status actual, ralph_lock_error *error)
{
    CHECK_STATUS(expected, actual);
    ralph_lock_error_message(error);
    ralph_lock_error_free(error);
}

static void provoke(void *unused)
{
    char *root = new_workspace(), *other = new_workspace();
    ralph_lock_guard *guard, *none;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    ralph_lock_status status;
    bool locked;

    (void)unused;
    redirect("stdout", STDOUT_FILENO);
    redirect("stderr", STDERR_FILENO);

    guard = acquire(root, "quiet");
    status = ralph_lock_try_acquire(root, "refused", &none, &metadata, &error);
    ralph_lock_metadata_free(metadata);
    ralph_lock_metadata_free(metadata);
    expect(RALPH_LOCK_ALREADY_LOCKED, status, error);
    ralph_lock_error_free(error);
    status = ralph_lock_try_acquire(NULL, NULL, &none, NULL, &error);
    expect(RALPH_LOCK_INVALID_ARGUMENT, status, error);
    status = ralph_lock_try_acquire(root, "\xff", &none, NULL, &error);
    expect(RALPH_LOCK_INVALID_ARGUMENT, status, error);
    status = ralph_lock_try_acquire("does/not/exist", "", &none, NULL, &error);
    expect(RALPH_LOCK_IO, status, error);
    status = ralph_lock_acquire_blocking("/dev/null", "", &none, &error);
    expect(RALPH_LOCK_IO, status, error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_try_acquire(root, "", NULL, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_acquire_blocking(root, "", NULL, NULL));

    status = ralph_lock_read_existing(other, &metadata, &error);
    expect(RALPH_LOCK_NOT_FOUND, status, error);
    write_file(lock_file_of(other), "no record", 9);
    status = ralph_lock_read_existing(other, &metadata, &error);
    expect(RALPH_LOCK_NOT_FOUND, status, error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_read_existing(other, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_is_locked(NULL, &locked, NULL));
    CHECK(unlink(lock_file_of(other)) == 0);
    CHECK(symlink("elsewhere", lock_file_of(other)) == 0);
    status = ralph_lock_is_locked(other, &locked, &error);
    expect(RALPH_LOCK_IO, status, error);
    status = ralph_lock_try_acquire(other, "", &none, NULL, &error);
    expect(RALPH_LOCK_IO, status, error);

    CHECK(unlink(lock_file_of(root)) == 0);
    status = ralph_lock_guard_verify(guard, &error);
    expect(RALPH_LOCK_LOST, status, error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
    status = ralph_lock_guard_verify((ralph_lock_guard *)(void *)root, &error);
    expect(RALPH_LOCK_INVALID_HANDLE, status, error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(NULL));
    ralph_lock_guard_path(NULL);
    ralph_lock_metadata_free(NULL);
    ralph_lock_error_free(NULL);
    ralph_lock_error_message(NULL);
    ralph_lock_status_name(-1);
    ralph_lock_status_message(12345);
    ralph_lock_version();
}

int main(void)
{
    /* In a child process, so that the output of its checks is seen here. */
    process quiet = start(provoke, NULL);
    int status = reap(&quiet);

    CHECK_TEXT("", read_file("stderr", NULL));
    CHECK_TEXT("", read_file("stdout", NULL));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}
