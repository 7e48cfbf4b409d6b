/* A first wait in line that does not step is passed over, whether it stepped before or was only woken: the next one that
 * steps gets the lock, and later ones do not wait for it. When the first steps again, it is first again. */
#include "lines.h"

/* Steps whichever of them is readable until one has the lock; returns which. */
static int first_to_get_it(ralph_lock_waiter **waiters, int count, ralph_lock_guard **guard)
{
    for (;;) {
        struct pollfd polled[8];
        int i;

        for (i = 0; i < count; i++) {
            polled[i].fd = ralph_lock_waiter_fd(waiters[i]);
            polled[i].events = POLLIN;
        }
        CHECK(poll(polled, (nfds_t)count, 60000) > 0);
        for (i = 0; i < count; i++) {
            ralph_lock_status status;

            if (polled[i].revents == 0)
                continue;
            status = ralph_lock_waiter_step(waiters[i], guard, NULL, NULL);
            if (status == RALPH_LOCK_OK)
                return i;
            CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, status);
        }
    }
}

/* A waiter that the program has forgotten costs the others the alarm once. */
static void check_forgotten(void)
{
    char *root = new_workspace();
    process holder = hold(root, "holds");
    ralph_lock_waiter *forgotten = begin(root, NULL), *second, *third;
    ralph_lock_guard *guard;

    steps_on(forgotten);
    alarms_go_off = true;
    second = begin(root, NULL);
    steps_on(second);
    release_by(&holder);
    CHECK(first_to_get_it(&second, 1, &guard) == 0);
    alarms_go_off = false;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    ralph_lock_waiter_free(second);
    clock_stands = true;
    third = begin(root, NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(gets_it(third)));
    clock_stands = false;
    ralph_lock_waiter_free(third);
    ralph_lock_waiter_free(forgotten);
    kill_hard(&holder);
}

int main(void)
{
    char *root = new_workspace();
    process holder = hold(root, "holds");
    ralph_lock_waiter *asleep, *waiters[4], *last;
    ralph_lock_guard *guard;
    int i, had, in_turn = 0;

    alarms_go_off = true;
    asleep = begin(root, NULL);
    steps_on(asleep);
    for (i = 0; i < 4; i++) {
        waiters[i] = begin(root, NULL);
        steps_on(waiters[i]);
    }
    release_by(&holder);
    /* Nothing but the alarm wakes these. */
    had = first_to_get_it(waiters, 4, &guard);
    ralph_lock_waiter_free(waiters[had]);
    /* The alarm is no longer needed: each end of a wait wakes the next one, past the one that does not step. */
    alarms_go_off = false;
    for (i = had; i < 3; i++)
        waiters[i] = waiters[i + 1];
    for (in_turn = 3; in_turn > 1; in_turn--) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
        had = first_to_get_it(waiters, in_turn, &guard);
        ralph_lock_waiter_free(waiters[had]);
        for (i = had; i < in_turn - 1; i++)
            waiters[i] = waiters[i + 1];
    }
    last = waiters[0];
    steps_on(asleep);
    steps_on(last);
    clock_stands = true;
    steps_on(asleep);
    CHECK(!is_readable(last, 0));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(!is_readable(last, 0));
    CHECK(is_readable(asleep, 0));
    guard = gets_it(asleep);
    CHECK(is_readable(last, 0));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(gets_it(last)));
    ralph_lock_waiter_free(asleep);
    ralph_lock_waiter_free(last);
    kill_hard(&holder);
    clock_stands = false;
    check_forgotten();
    return 0;
}
