/* Calls with options and tokens. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "acquiring.h"

static void call_options_new(void)
{
    object *made = new_object(ralph_lock_options_new(), OPTIONS);

    made->timeout_ms = UINT64_MAX;
}

static set options_faults(const void *options)
{
    return options == NULL ? ONE(RALPH_LOCK_INVALID_ARGUMENT)
           : find(options, OPTIONS) == NULL ? ONE(RALPH_LOCK_INVALID_HANDLE) : 0;
}

static void call_options_set_timeout_ms(void)
{
    static const uint64_t times[] = {0, 1, 20, 1500, LONGEST_WAIT + 1, (uint64_t)1 << 62, UINT64_MAX - 1, UINT64_MAX};
    ralph_lock_options *options = pick_handle(OPTIONS);
    set faults = options_faults(options);
    uint64_t time = times[below(8)];

    expect("options_set_timeout_ms", faults ? faults : ONE(RALPH_LOCK_OK),
           ralph_lock_options_set_timeout_ms(options, time));
    if (!faults)
        find(options, OPTIONS)->timeout_ms = time;
}

static void call_options_set_cancel(void)
{
    ralph_lock_options *options = pick_handle(OPTIONS);
    ralph_lock_cancel *cancel = pick_handle(CANCEL);
    object *token = find(cancel, CANCEL);
    set faults = options_faults(options) | (cancel != NULL && token == NULL ? ONE(RALPH_LOCK_INVALID_HANDLE) : 0);

    expect("options_set_cancel", faults ? faults : ONE(RALPH_LOCK_OK),
           ralph_lock_options_set_cancel(options, cancel));
    if (!faults)
        find(options, OPTIONS)->token = token != NULL ? token->token : -1;
}

static void call_options_set_lock_file(void)
{
    ralph_lock_options *options = pick_handle(OPTIONS);
    set faults = options_faults(options);
    size_t good = first_or_below(LOCK_FILES + 1);
    const char *lock_file = good < LOCK_FILES ? lock_files[good] : NULL;

    if (!usually()) {
        lock_file = bad_lock_files[below(sizeof bad_lock_files / sizeof *bad_lock_files)];
        faults |= ONE(RALPH_LOCK_INVALID_ARGUMENT);
    }
    expect("options_set_lock_file", faults ? faults : ONE(RALPH_LOCK_OK),
           ralph_lock_options_set_lock_file(options, lock_file));
    if (!faults)
        find(options, OPTIONS)->lock_file = good % LOCK_FILES;
}

/* Notes that a handle was freed. */
static void end(const void *handle, kind kind)
{
    object *found = find(handle, kind);

    if (found != NULL)
        found->live = false;
}

static void call_options_free(void)
{
    ralph_lock_options *options = pick_handle(OPTIONS);

    ralph_lock_options_free(options);
    end(options, OPTIONS);
}

static void call_cancel_new(void)
{
    ralph_lock_cancel *cancel = RUBBISH;
    bool wanted = usually();
    ralph_lock_status status = ralph_lock_cancel_new(wanted ? &cancel : NULL, error_place());

    finish("cancel_new", ONE(wanted ? RALPH_LOCK_OK : RALPH_LOCK_INVALID_ARGUMENT), status);
    if (wanted) {
        tokens[tokens_used] = false;
        new_object(cancel, CANCEL)->token = tokens_used++;
    }
}

static void call_cancel_trigger(void)
{
    ralph_lock_cancel *cancel = pick_handle(CANCEL);
    object *found = find(cancel, CANCEL);

    expect("cancel_trigger",
           ONE(found != NULL    ? RALPH_LOCK_OK
               : cancel == NULL ? RALPH_LOCK_INVALID_ARGUMENT
                                : RALPH_LOCK_INVALID_HANDLE),
           ralph_lock_cancel_trigger(cancel));
    if (found != NULL)
        tokens[found->token] = true;
}

static void call_cancel_free(void)
{
    ralph_lock_cancel *cancel = pick_handle(CANCEL);

    ralph_lock_cancel_free(cancel);
    end(cancel, CANCEL);
}

#endif
