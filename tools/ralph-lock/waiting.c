#include "tool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How often to look where no descriptor tells of events. */
#define LOOK_AGAIN 0.05

/* What is shown of a wait. */
typedef struct display {
    enum { SILENT, LINES, ONE_LINE } kind;
    bool shown;
    /* Of whom the last line told. */
    uint32_t pid;
    int64_t started;
} display;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void display_begin(display *to, bool quiet)
{
    const char *terminal = getenv("TERM");

    *to = (display){.kind = LINES};
    if (quiet)
        to->kind = SILENT;
    else if (isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0)
        to->kind = ONE_LINE;
}

static void display_holder(display *to, const ralph_lock_metadata *holder)
{
    uint32_t pid = ralph_lock_metadata_pid(holder);
    int64_t started = ralph_lock_metadata_started_unix_ns(holder);
    line out;

    if (to->kind == SILENT || (to->kind == LINES && to->shown && pid == to->pid && started == to->started))
        return;
    /* Some terminals go to the next line after the last column, and "^C" is to fit before it. */
    line_begin(&out, to->kind == ONE_LINE ? columns_of(STDERR_FILENO) - 3 : WIDE);
    line_words(&out, "waiting: held by ");
    line_holder(&out, holder);
    if (holder != NULL) {
        line_words(&out, to->kind == ONE_LINE ? " for " : " since ");
        (to->kind == ONE_LINE ? line_age : line_since)(&out, holder);
        line_words(&out, ": ");
        line_text(&out, ralph_lock_metadata_prompt(holder));
    }
    if (to->kind == ONE_LINE)
        fprintf(stderr, "\r%s\033[K", out.text);
    else
        complain(&out);
    fflush(stderr);
    to->shown = true;
    to->pid = pid;
    to->started = started;
}

static void display_end(display *to)
{
    if (to->kind == ONE_LINE && to->shown)
        fprintf(stderr, "\r\033[K");
    fflush(stderr);
}

/* Whether it is held; the answer is meant for those who will not take it. */
static ralph_lock_status is_held(const char *root, bool *held, ralph_lock_error **error)
{
    ralph_lock_state state;
    ralph_lock_status status = ralph_lock_inspect(root, &state, NULL, error);

    *held = state == RALPH_LOCK_STATE_HELD;
    return status;
}

/* One look whether the lock can be had; with a waiter, its next step. */
static ralph_lock_status look(const request *what, ralph_lock_waiter *waiter, ralph_lock_options *options,
                              ralph_lock_guard **guard, ralph_lock_metadata **holder, ralph_lock_error **error)
{
    ralph_lock_status status;
    bool held;

    if (what->only_look) {
        status = is_held(what->root, &held, error);
        if (status != RALPH_LOCK_OK || !held)
            return status;
    }
    if (waiter != NULL)
        status = ralph_lock_waiter_step(waiter, guard, holder, error);
    else
        status = ralph_lock_acquire_with(what->root, what->prompt, options, guard, holder, error);
    if (!what->only_look)
        return status;
    if (status == RALPH_LOCK_OK) {
        /* It was let go since the first look. */
        status = ralph_lock_release(*guard);
        *guard = NULL;
    } else if (status == RALPH_LOCK_IO && is_held(what->root, &held, NULL) == RALPH_LOCK_OK && !held) {
        /* It is free, but this user may not take it. */
        ralph_lock_error_free(*error);
        *error = NULL;
        status = RALPH_LOCK_OK;
    }
    return status;
}

/* Begins to hear of events; NULL where the platform tells of none. */
static ralph_lock_status begin(const request *what, ralph_lock_options *options, ralph_lock_waiter **waiter,
                               ralph_lock_error **error)
{
    ralph_lock_status status;

    ralph_lock_options_set_timeout_ms(options, UINT64_MAX);
    status = ralph_lock_waiter_new(what->root, what->prompt, options, waiter, error);
    ralph_lock_options_set_timeout_ms(options, 0);
    if (status != RALPH_LOCK_UNSUPPORTED_PLATFORM)
        return status;
    ralph_lock_error_free(*error);
    *error = NULL;
    return RALPH_LOCK_OK;
}

/* Sleeps until another look is worth it. */
static void until_next_look(ralph_lock_waiter *waiter, double left, const display *shown)
{
    double seconds = left;

    if (shown->kind == ONE_LINE && seconds > 1)
        seconds = 1;
    if (waiter == NULL && seconds > LOOK_AGAIN)
        seconds = LOOK_AGAIN;
    wait_for_event(ralph_lock_waiter_fd(waiter), seconds);
}

ralph_lock_status wait_for_lock(const request *what, ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                ralph_lock_error **error)
{
    double end = now() + what->seconds, left;
    ralph_lock_options *options = ralph_lock_options_new();
    ralph_lock_waiter *waiter = NULL;
    ralph_lock_status status;
    display shown;
    bool began = false, by_terminal;
    int number = 0;

    *guard = NULL;
    *holder = NULL;
    *error = NULL;
    display_begin(&shown, what->quiet);
    ralph_lock_options_set_timeout_ms(options, 0);
    status = ralph_lock_options_set_lock_file(options, what->file);
    while (status == RALPH_LOCK_OK && number == 0) {
        status = look(what, waiter, options, guard, holder, error);
        left = end - now();
        if (status != RALPH_LOCK_ALREADY_LOCKED || left <= 0 ||
            ralph_lock_metadata_relation(*holder) == RALPH_LOCK_RELATION_ANCESTOR)
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
        status = began ? RALPH_LOCK_OK : begin(what, options, &waiter, error);
        began = true;
    }
    display_end(&shown);
    ralph_lock_waiter_free(waiter);
    ralph_lock_options_free(options);
    if (number == 0) {
        /* What came before the command runs did not reach the command. */
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
