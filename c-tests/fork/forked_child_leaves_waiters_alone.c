/* In a forked child a waiter cannot step, and freeing it there does not disturb the parent's wait. */
#include "check.h"

static ralph_lock_waiter *waiter;

static void child_body(void *argument)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    (void)argument;
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_waiter_step(waiter, &guard, &holder, NULL));
    CHECK(guard == NULL && holder == NULL);
    ralph_lock_waiter_free(waiter);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    CHECK(ralph_lock_waiter_fd(waiter) == -1);
}

static double hand_off(void)
{
    char *root = new_workspace();
    process holder = hold(root, "busy"), child;
    ralph_lock_guard *guard;
    struct pollfd polled = {-1, POLLIN, 0};
    double released, took;
    int i, instances, before, after;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "waits", NULL, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    polled.fd = ralph_lock_waiter_fd(waiter);
    count_inotify(&instances, &before);
    child = start(child_body, NULL);
    finish(&child);
    count_inotify(&instances, &after);
    CHECK(after == before);
    /* Steps until only an event can help, where there are events. */
    for (i = 0; i < 50 && poll(&polled, 1, 100) == 1; i++)
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    released = now_ms();
    say(&holder, 'r');
    while (ralph_lock_waiter_step(waiter, &guard, NULL, NULL) == RALPH_LOCK_ALREADY_LOCKED)
        CHECK(poll(&polled, 1, 10000) == 1);
    took = now_ms() - released;
    CHECK(guard != NULL);
    CHECK(ralph_lock_waiter_fd(waiter) == polled.fd);
    ralph_lock_waiter_free(waiter);
    check_held(root, "waits");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    say(&holder, 'x');
    CHECK(hear(&holder) == 'r');
    finish(&holder);
    return took;
}

int main(void)
{
    int attempt;

    for (attempt = 0; hand_off() > LATE; attempt++)
        CHECK(attempt < 2);
    return 0;
}
