/* A forked child that closed what it inherited and opened its own files keeps these when it frees its parent's
 * objects. */
#include "check.h"

static ralph_lock_guard *guard;
static ralph_lock_waiter *waiter;
static ralph_lock_cancel *cancel;

static void child(void *unused)
{
    int fds[64], fd, i;

    (void)unused;
    for (fd = 3; fd < 1000; fd++)
        if (fd != starter.to && fd != starter.from)
            close(fd);
    for (i = 0; i < 64; i++)
        CHECK((fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 3);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    ralph_lock_waiter_free(waiter);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_cancel_trigger(cancel));
    ralph_lock_cancel_free(cancel);
    for (i = 0; i < 64; i++)
        CHECK(fcntl(fds[i], F_GETFD) != -1);
}

int main(void)
{
    char *root = new_workspace(), *other = new_workspace();
    ralph_lock_guard *none;
    process holder = hold(other, "holder"), forked;

    guard = acquire(root, "parent");
    if (HAS_WAITERS) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(other, "waits", NULL, &waiter, NULL));
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &none, NULL, NULL));
    }
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    forked = start(child, NULL);
    finish(&forked);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_held(root, "parent");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    ralph_lock_waiter_free(waiter);
    ralph_lock_cancel_free(cancel);
    kill_hard(&holder);
    return 0;
}
