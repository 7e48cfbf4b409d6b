/* When the new record cannot be written, adopt_fd fails, the record is blank rather than half written, and the lock
 * stays with the descriptor. */
#include "check.h"
#include "handover.h"

int main(void)
{
    char *root = new_workspace();
    int descriptors = open_descriptors(), fd;
    process contender;
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    struct rlimit limit;
    rlim_t old;

    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    fd = into_fd(acquire(root, "parent"));
    contender = start_contender(root);
    refused_again(&contender);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    old = limit.rlim_cur;
    limit.rlim_cur = 50;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_adopt_fd(root, "heir", NULL, fd, &guard, &error));
    CHECK(errno == EFBIG && ralph_lock_error_os_code(error) == EFBIG);
    CHECK(guard == NULL);
    ralph_lock_error_free(error);
    limit.rlim_cur = old;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(open_descriptors() == descriptors + 3);
    CHECK(is_blank(lock_file_of(root)));
    refused_again(&contender);

    guard = adopt(root, "heir", fd);
    check_holder(root, getpid(), "heir");
    refused_again(&contender);
    end_contender(&contender);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(open_descriptors() == descriptors);
    check_free(root);
    return 0;
}
