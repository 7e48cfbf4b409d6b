/* In a process that has run out of descriptors, a failed into_fd leaves the guard, and a failed adopt_fd the
 * descriptor. */
#include "check.h"
#include "handover.h"

static int fill_up(void)
{
    int last = -1, fd;

    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) != -1)
        last = fd;
    CHECK(errno == EMFILE && last != -1);
    return last;
}

static void check_failed(ralph_lock_status status, ralph_lock_error *error)
{
    int code = errno;

    CHECK_STATUS(RALPH_LOCK_IO, status);
    CHECK(code == EMFILE && ralph_lock_error_os_code(error) == EMFILE);
    ralph_lock_error_free(error);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "parent"), *none;
    process contender = start_contender(root);
    char *record = read_file(lock_file_of(root), NULL);
    struct rlimit limit;
    ralph_lock_error *error;
    ralph_lock_status status;
    int spare = open("/dev/null", O_RDONLY | O_CLOEXEC), last, i;
    int32_t fd;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    last = fill_up();
    for (i = 0; i < 100; i++) {
        fd = 7;
        status = ralph_lock_guard_into_fd(guard, &fd, &error);
        check_failed(status, error);
        CHECK(fd == -1);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    }
    refused_again(&contender);

    close(last);
    fd = into_fd(guard);
    last = fill_up();
    for (i = 0; i < 100; i++) {
        status = ralph_lock_adopt_fd(root, "heir", NULL, fd, &none, &error);
        check_failed(status, error);
        CHECK(none == NULL);
        CHECK(fcntl(fd, F_GETFD) == 0);
    }
    refused_again(&contender);
    /* One for the file, and one for the root. */
    close(last);
    close(spare);
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    guard = adopt(root, "heir", fd);
    check_holder(root, getpid(), "heir");
    end_contender(&contender);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_free(root);
    return 0;
}
