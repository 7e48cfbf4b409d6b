/* Calls with waiters. */
#ifndef WAITERS_H
#define WAITERS_H

#include "options.h"

/* Whether a descriptor becomes readable: at once, or on a slow machine a little later. */
static bool is_readable(int fd)
{
    struct pollfd polled = {fd, POLLIN, 0};
    int result;

    do
        result = poll(&polled, 1, 10000);
    while (result == -1 && errno == EINTR);
    return result == 1;
}

static void call_waiter_new(void)
{
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    ralph_lock_options *options = pick_handle(OPTIONS);
    object *chosen = find(options, OPTIONS), *made;
    bool wanted = usually();
    ralph_lock_waiter *waiter = RUBBISH;
    set faults = faults_of(which, prompt, wanted);
    ralph_lock_status status;

    if (options != NULL && chosen == NULL)
        faults |= ONE(RALPH_LOCK_INVALID_HANDLE);
    status = ralph_lock_waiter_new(which->path, prompt, options, wanted ? &waiter : NULL, error_place());
    finish("waiter_new", faults ? faults : ONE(which->directory == -1 ? which->status : RALPH_LOCK_OK), status);
    CHECK(!wanted || (waiter != NULL) == (status == RALPH_LOCK_OK));
    if (status != RALPH_LOCK_OK)
        return;
    made = new_object(waiter, WAITER);
    made->root = which;
    made->prompt = prompt;
    made->begin = now_monotonic;
    made->timeout_ms = chosen != NULL ? chosen->timeout_ms : UINT64_MAX;
    made->lock_file = chosen != NULL ? chosen->lock_file : 0;
    made->token = chosen != NULL ? chosen->token : -1;
    CHECK(is_readable(ralph_lock_waiter_fd(waiter)));
}

static void call_waiter_fd(void)
{
    ralph_lock_waiter *waiter = pick_handle(WAITER);
    object *found = find(waiter, WAITER);
    int32_t fd = ralph_lock_waiter_fd(waiter);

    CHECK((fd >= 0) == (found != NULL));
    /* A triggered token wakes the thread that polls it. */
    CHECK(found == NULL || found->token == -1 || !tokens[found->token] || is_readable(fd));
}

static bool is_over(const object *waiter)
{
    return waiter->timeout_ms <= LONGEST_WAIT &&
           now_monotonic >= waiter->begin + (long long)waiter->timeout_ms * MILLISECOND;
}

static void call_waiter_step(void)
{
    ralph_lock_waiter *waiter = pick_handle(WAITER);
    object *found = find(waiter, WAITER);
    bool guard_wanted = usually(), holder_wanted = usually(), refused;
    ralph_lock_guard *guard = RUBBISH;
    ralph_lock_metadata *holder = RUBBISH;
    set allowed = guard_wanted && waiter != NULL ? 0 : ONE(RALPH_LOCK_INVALID_ARGUMENT);
    ralph_lock_status status;

    if (waiter != NULL && found == NULL)
        allowed |= ONE(RALPH_LOCK_INVALID_HANDLE);
    if (!allowed) {
        if (found->over)
            allowed = ONE(RALPH_LOCK_INVALID_ARGUMENT);
        else if (found->token != -1 && tokens[found->token])
            allowed = ONE(RALPH_LOCK_CANCELLED);
        else
            allowed = outcome(found->root, found->lock_file,
                              is_over(found) ? RALPH_LOCK_TIMED_OUT : RALPH_LOCK_ALREADY_LOCKED);
    }
    status = ralph_lock_waiter_step(waiter, guard_wanted ? &guard : NULL, holder_wanted ? &holder : NULL,
                                    error_place());
    finish("waiter_step", allowed, status);
    CHECK(!guard_wanted || (guard != NULL) == (status == RALPH_LOCK_OK));
    if (found == NULL || !guard_wanted) {
        CHECK(!holder_wanted || holder == NULL);
        return;
    }
    found->over |= status != RALPH_LOCK_ALREADY_LOCKED;
    refused = status == RALPH_LOCK_ALREADY_LOCKED || status == RALPH_LOCK_TIMED_OUT;
    if (holder_wanted) {
        CHECK(refused ? holder != NULL || holder_at(found->root, found->lock_file) == NULL
                      : holder == NULL || status == RALPH_LOCK_CANCELLED);
        /* It can be the holder of an earlier look. */
        if (holder != NULL)
            keep_metadata(holder, NULL);
    }
    if (guard != NULL)
        keep_guard(guard, found->root, found->lock_file, found->prompt, true);
}

static void call_waiter_free(void)
{
    ralph_lock_waiter *waiter = pick_handle(WAITER);

    ralph_lock_waiter_free(waiter);
    end(waiter, WAITER);
}

#endif
