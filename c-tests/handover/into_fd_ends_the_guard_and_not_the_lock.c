/* into_fd ends the guard and not the lock; of its descriptors only the returned one survives exec. */
#include "check.h"
#include "handover.h"

static void check_refused(ralph_lock_status expected, ralph_lock_guard *guard)
{
    int descriptors = open_descriptors();
    ralph_lock_error *error;
    int32_t fd = 7;

    CHECK_STATUS(expected, ralph_lock_guard_into_fd(guard, &fd, &error));
    CHECK(fd == -1);
    CHECK_STATUS(expected, ralph_lock_error_status(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(expected, ralph_lock_guard_into_fd(guard, &fd, NULL));
    CHECK(open_descriptors() == descriptors);
}

/* How many descriptors of a file this process has; the last of them and its flags. */
static int descriptors_of(const char *path, int *last, int *flags)
{
    struct stat file, found;
    int count = 0, fd;

    CHECK(stat(path, &file) == 0);
    for (fd = 0; fd < 4096; fd++)
        if (fstat(fd, &found) == 0 && found.st_dev == file.st_dev && found.st_ino == file.st_ino) {
            count++;
            *last = fd;
            *flags = fcntl(fd, F_GETFD);
        }
    return count;
}

/* Checks how many of them a program started now inherits. */
static void check_inherited(const char *path, int expected)
{
    char *program = path_of("n=0; for f in /proc/self/fd/*; do [ $f -ef '%s' ] && n=$((n + 1)); done; [ $n = %d ]",
                            path, expected);

    CHECK(system(program) == 0);
    free(program);
}

int main(void)
{
    char *root = new_workspace();
    char *path = lock_file_of(root), *record;
    ralph_lock_guard *guard = acquire(root, "holder");
    int fd, last, flags;
    ralph_lock_error *error;

    record = read_file(path, NULL);
    CHECK(descriptors_of(path, &last, &flags) == 1 && flags == FD_CLOEXEC);
    check_inherited(path, 0);

    /* A call without a place for the descriptor leaves the guard alone. */
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_into_fd(guard, NULL, &error));
    CHECK_TEXT("fd is NULL", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, NULL);
    check_refused(RALPH_LOCK_INVALID_HANDLE, (ralph_lock_guard *)8);
    check_holder(root, getpid(), "holder");

    fd = into_fd(guard);
    CHECK(descriptors_of(path, &last, &flags) == 1 && last == fd && flags == 0);
    check_inherited(path, 1);
    CHECK_TEXT(record, read_file(path, NULL));
    check_holder(root, getpid(), "holder");
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_guard_verify(guard, NULL));
    CHECK(ralph_lock_guard_path(guard) == NULL);
    check_refused(RALPH_LOCK_INVALID_HANDLE, guard);
    check_holder(root, getpid(), "holder");

    guard = adopt(root, "adopter", fd);
    CHECK(descriptors_of(path, &last, &flags) == 1 && flags == FD_CLOEXEC);
    check_inherited(path, 0);
    check_holder(root, getpid(), "adopter");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_refused(RALPH_LOCK_INVALID_HANDLE, guard);
    check_free(root);

    /* With a standard stream closed, the descriptor does not become a child's stream. */
    guard = acquire(root, "no input");
    close(STDIN_FILENO);
    fd = into_fd(guard);
    CHECK(fd > STDERR_FILENO);
    close(fd);
    return 0;
}
