/* Calls that take the lock. */
#ifndef ACQUIRING_H
#define ACQUIRING_H

#include "handles.h"

static const root *pick_root(void)
{
    return &roots[first_or_below(sizeof roots / sizeof *roots)];
}

static const char *pick_prompt(void)
{
    return usually() ? text_of_input() : NULL;
}

static bool is_prompt(const char *prompt)
{
    return prompt != NULL && is_utf8(prompt, strlen(prompt));
}

/* What a call says of arguments that many functions have; 0 if they are right. */
static set faults_of(const root *which, const char *prompt, bool result_wanted)
{
    return is_no_root(which) || !is_prompt(prompt) || !result_wanted ? ONE(RALPH_LOCK_INVALID_ARGUMENT) : 0;
}

/* What an acquire with valid arguments says; `held`: what it says if the lock is held. */
static set outcome(const root *which, size_t lock_file, ralph_lock_status held)
{
    if (which->directory == -1)
        return ONE(which->status);
    if (is_blocked(which, lock_file))
        return ONE(RALPH_LOCK_IO);
    if (is_taken(which, lock_file))
        return ONE(held);
    return ONE(is_protected(which, lock_file) ? RALPH_LOCK_INVALID_ARGUMENT : RALPH_LOCK_OK);
}

/* A call gives a guard exactly when it took the lock, and a holder when the holder that refused it is on record. */
static void keep_results(ralph_lock_status status, const root *which, size_t lock_file, const char *prompt,
                         ralph_lock_guard *guard, bool guard_wanted, ralph_lock_metadata *holder,
                         bool holder_wanted)
{
    const record *of = holder_at(which, lock_file);
    bool refused = status == RALPH_LOCK_ALREADY_LOCKED || status == RALPH_LOCK_TIMED_OUT;

    if (holder_wanted) {
        CHECK((holder != NULL) == (refused && of != NULL));
        if (holder != NULL)
            keep_metadata(holder, of);
    }
    if (guard_wanted) {
        CHECK((guard != NULL) == (status == RALPH_LOCK_OK));
        if (guard != NULL)
            keep_guard(guard, which, lock_file, prompt, true);
    }
}

static void call_try_acquire(void)
{
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    bool guard_wanted = usually(), holder_wanted = usually();
    ralph_lock_guard *guard = RUBBISH;
    ralph_lock_metadata *holder = RUBBISH;
    set allowed = faults_of(which, prompt, guard_wanted);
    ralph_lock_status status =
        ralph_lock_try_acquire(which->path, prompt, guard_wanted ? &guard : NULL, holder_wanted ? &holder : NULL,
                               error_place());

    finish("try_acquire", allowed ? allowed : outcome(which, 0, RALPH_LOCK_ALREADY_LOCKED), status);
    keep_results(status, which, 0, prompt, guard, guard_wanted, holder, holder_wanted);
}

static void call_acquire_blocking(void)
{
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    bool guard_wanted = usually();
    ralph_lock_guard *guard = RUBBISH;
    set allowed = faults_of(which, prompt, guard_wanted);
    ralph_lock_status status;

    /* It would not return. */
    if (!allowed && is_taken(which, 0))
        return;
    status = ralph_lock_acquire_blocking(which->path, prompt, guard_wanted ? &guard : NULL, error_place());
    finish("acquire_blocking", allowed ? allowed : outcome(which, 0, RALPH_LOCK_OK), status);
    keep_results(status, which, 0, prompt, guard, guard_wanted, NULL, false);
}

/* The longest timeout of a wait that is made, in milliseconds. */
#define LONGEST_WAIT 100000

static void call_acquire_with(void)
{
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    ralph_lock_options *options = pick_handle(OPTIONS);
    object *chosen = find(options, OPTIONS);
    bool guard_wanted = usually(), holder_wanted = usually();
    ralph_lock_guard *guard = RUBBISH;
    ralph_lock_metadata *holder = RUBBISH;
    set allowed = faults_of(which, prompt, guard_wanted);
    size_t lock_file = chosen != NULL ? chosen->lock_file : 0;
    uint64_t timeout_ms = chosen != NULL ? chosen->timeout_ms : 0;
    ralph_lock_status status;

    if (options != NULL && chosen == NULL)
        allowed |= ONE(RALPH_LOCK_INVALID_HANDLE);
    if (!allowed && chosen != NULL && chosen->token != -1 && tokens[chosen->token])
        allowed = ONE(RALPH_LOCK_CANCELLED) | (which->directory == -1 ? ONE(which->status) : 0);
    if (!allowed) {
        if (timeout_ms > LONGEST_WAIT && is_taken(which, lock_file))
            return;
        allowed = outcome(which, lock_file, timeout_ms == 0 ? RALPH_LOCK_ALREADY_LOCKED : RALPH_LOCK_TIMED_OUT);
    }
    status = ralph_lock_acquire_with(which->path, prompt, options, guard_wanted ? &guard : NULL,
                                     holder_wanted ? &holder : NULL, error_place());
    finish("acquire_with", allowed, status);
    keep_results(status, which, lock_file, prompt, guard, guard_wanted, holder, holder_wanted);
}

#endif
