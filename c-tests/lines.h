/* Waits that stand in line for one lock, in one process. No clock decides here: the looks for safety, and the alarm
 * that passes over a first wait, never come, and the clock of the library stands still while a program wants that. */
#ifndef LINES_H
#define LINES_H

#include "check.h"

#include <sys/syscall.h>
#include <sys/timerfd.h>

static bool clock_stands, alarms_go_off;

/* Replaces two functions of libc that the library calls. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    static struct timespec stood;

    if (!clock_stands || stood.tv_sec == 0) {
        int result = (int)syscall(SYS_clock_gettime, clock, now);

        if (clock == CLOCK_MONOTONIC)
            stood = *now;
        return result;
    }
    if (clock != CLOCK_MONOTONIC)
        return (int)syscall(SYS_clock_gettime, clock, now);
    *now = stood;
    return 0;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *time, struct itimerspec *old)
{
    struct itimerspec copy = *time;

    if (!alarms_go_off && (copy.it_value.tv_sec > 0 || copy.it_value.tv_nsec >= 500000000))
        memset(&copy, 0, sizeof copy);
    return (int)syscall(SYS_timerfd_settime, fd, flags, &copy, old);
}

UNUSED static ralph_lock_waiter *begin(const char *root, const ralph_lock_options *options)
{
    ralph_lock_waiter *waiter;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "waits", options, &waiter, NULL));
    return waiter;
}

UNUSED static bool is_readable(ralph_lock_waiter *waiter, int milliseconds)
{
    struct pollfd polled = {ralph_lock_waiter_fd(waiter), POLLIN, 0};

    return poll(&polled, 1, milliseconds) == 1;
}

UNUSED static void steps_on(ralph_lock_waiter *waiter)
{
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
}

/* Steps until only an event can help the waiter. */
UNUSED static void until_quiet(ralph_lock_waiter *waiter)
{
    do
        steps_on(waiter);
    while (is_readable(waiter, 50));
}

UNUSED static ralph_lock_guard *gets_it(ralph_lock_waiter *waiter)
{
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    return guard;
}

UNUSED static void release_by(process *holder)
{
    say(holder, 'r');
    CHECK(hear(holder) == 'r');
}

#endif
