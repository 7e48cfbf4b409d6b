/* In a process started without standard streams, no descriptor of the library is 0, 1 or 2. */
#include "handover.h"

/* Every descriptor that a call leaves open is above 2. */
static void check_streams(void)
{
    int fd;

    for (fd = 0; fd < 3; fd++)
        CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
}

static void without_streams(void *argument)
{
    char *root = argument, *other = path_of("%s/other", root);
    ralph_lock_options *options = timeout_of(30);
    ralph_lock_guard *guard, *none;
    ralph_lock_waiter *waiter;
    ralph_lock_cancel *cancel;
    ralph_lock_filesystem reach;
    uint32_t keepers[4];
    size_t count;
    int fd;

    CHECK(mkdir(other, 0777) == 0);
    for (fd = 0; fd < 3; fd++)
        close(fd);
    guard = acquire(root, "without streams");
    check_streams();
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK(is_locked(root));
    if (HAS_KEEPERS)
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, keepers, 4, &count, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_probe_filesystem(root, &reach, NULL));
    check_streams();
    CHECK(unlink(lock_file_of(root)) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    check_streams();
    if (ralph_lock_cancel_new(&cancel, NULL) == RALPH_LOCK_OK) {
        check_streams();
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, cancel));
    }
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(root, options));
    check_streams();
    if (HAS_WAITERS) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "waits", NULL, &waiter, NULL));
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &none, NULL, NULL));
        check_streams();
        CHECK(ralph_lock_waiter_fd(waiter) > 2);
        ralph_lock_waiter_free(waiter);
    }
    fd = into_fd(guard);
    CHECK(fd > 2);
    check_streams();
    guard = adopt(root, "adopted", fd);
    check_streams();
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(other, "waits", &guard, NULL));
    check_streams();
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    ralph_lock_options_free(options);
    check_streams();
}

int main(void)
{
    process child = start(without_streams, new_workspace());

    finish(&child);
    return 0;
}
