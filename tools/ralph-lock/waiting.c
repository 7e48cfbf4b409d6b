#include "lock.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "process.h"

/* How often to look where no descriptor reports events. */
#define LOOK_AGAIN 0.05

double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Whether it is held, for a caller that does not take it. */
static ralph_lock_status is_held(const target *lock, bool *held, ralph_lock_error **error)
{
    ralph_lock_state state;
    ralph_lock_status status = ralph_lock_inspect_with(lock->root, lock->options, &state, NULL, error);

    *held = state == RALPH_LOCK_STATE_HELD;
    return status;
}

/* One try for the lock; with a waiter, its next step. */
static ralph_lock_status look(const request *what, ralph_lock_waiter *waiter, ralph_lock_guard **guard,
                              ralph_lock_metadata **holder, ralph_lock_error **error)
{
    ralph_lock_status status;
    bool held;

    if (what->only_look) {
        status = is_held(what->lock, &held, error);
        if (status != RALPH_LOCK_OK || !held)
            return status;
    }
    if (waiter != NULL)
        status = ralph_lock_waiter_step(waiter, guard, holder, error);
    else
        status = ralph_lock_acquire_with(what->lock->root, what->prompt, what->lock->options, guard, holder, error);
    if (!what->only_look)
        return status;
    if (status == RALPH_LOCK_OK) {
        /* It was released after the first look. */
        status = ralph_lock_release(*guard);
        *guard = NULL;
    } else if (status == RALPH_LOCK_IO && is_held(what->lock, &held, NULL) == RALPH_LOCK_OK && !held) {
        /* It is free, but this user may not take it. */
        ralph_lock_error_free(*error);
        *error = NULL;
        status = RALPH_LOCK_OK;
    }
    return status;
}

/* Starts to watch for events; NULL where the platform reports none. */
static ralph_lock_status begin(const request *what, ralph_lock_waiter **waiter, ralph_lock_error **error)
{
    ralph_lock_options *options = what->lock->options;
    ralph_lock_status status;

    ralph_lock_options_set_timeout_ms(options, UINT64_MAX);
    status = ralph_lock_waiter_new(what->lock->root, what->prompt, options, waiter, error);
    ralph_lock_options_set_timeout_ms(options, 0);
    if (status != RALPH_LOCK_UNSUPPORTED_PLATFORM)
        return status;
    ralph_lock_error_free(*error);
    *error = NULL;
    return RALPH_LOCK_OK;
}

/* Sleeps until the next look. */
static void until_next_look(ralph_lock_waiter *waiter, double left, const display *shown)
{
    double seconds = left;

    if (shown->on_terminal && seconds > 1)
        seconds = 1;
    if (waiter == NULL && seconds > LOOK_AGAIN)
        seconds = LOOK_AGAIN;
    wait_for_event(ralph_lock_waiter_fd(waiter), seconds);
    /* The first process of a container reaps orphans. */
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

ralph_lock_status wait_for_lock(const request *what, ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                ralph_lock_error **error)
{
    double start = now(), left;
    ralph_lock_waiter *waiter = NULL;
    ralph_lock_status status = RALPH_LOCK_OK;
    display shown = {.quiet = what->quiet};
    bool began = false, by_terminal;
    int number = 0;

    *guard = NULL;
    *holder = NULL;
    *error = NULL;
    while (status == RALPH_LOCK_OK && number == 0) {
        status = look(what, waiter, guard, holder, error);
        if (status == RALPH_LOCK_IO && what->only_look && waiter != NULL) {
            /* It is held, and this user may not take it: one that only looks needs no waiter for that. */
            ralph_lock_waiter_free(waiter);
            waiter = NULL;
            ralph_lock_error_free(*error);
            status = look(what, NULL, guard, holder, error);
        }
        left = start + what->seconds - now();
        if (status != RALPH_LOCK_ALREADY_LOCKED || left <= 0 || is_own_loop(*holder))
            break;
        if (began) {
            display_holder(&shown, *holder);
            until_next_look(waiter, left, &shown);
            number = next_signal(&by_terminal);
        }
        ralph_lock_metadata_free(*holder);
        ralph_lock_error_free(*error);
        *holder = NULL;
        *error = NULL;
        status = began ? RALPH_LOCK_OK : begin(what, &waiter, error);
        began = true;
    }
    display_end(&shown);
    ralph_lock_waiter_free(waiter);
    if (number == 0) {
        /* A signal before the command runs did not reach the command. */
        wait_for_event(-1, 0);
        number = next_signal(&by_terminal);
    }
    if (number == 0)
        return status;
    ralph_lock_metadata_free(*holder);
    ralph_lock_error_free(*error);
    ralph_lock_release(*guard);
    exit(die_by(number));
}
