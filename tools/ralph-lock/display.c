#include "lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether standard error is a terminal that can rewrite a line and has this process in its foreground. In the
 * background the line would be the shell's prompt. */
static bool can_rewrite(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0 &&
           tcgetpgrp(STDERR_FILENO) == getpgrp();
}

void display_holder(display *to, const ralph_lock_metadata *holder, double waited)
{
    uint32_t pid = ralph_lock_metadata_pid(holder);
    int64_t started = ralph_lock_metadata_started_unix_ns(holder);
    bool rewrites = can_rewrite();
    line out;

    if (to->quiet || (!rewrites && to->told && pid == to->pid && started == to->started))
        return;
    /* Some terminals go to the next line after the last column, and "^C" has to fit before it. */
    line_begin(&out, rewrites ? columns_of(STDERR_FILENO) - 3 : WIDE);
    line_words(&out, "waiting");
    if (rewrites)
        line_words(&out, " for %.0f s", waited);
    line_words(&out, ": held by %s", ralph_lock_metadata_summary(holder));
    if (rewrites)
        fprintf(stderr, "\r%s\033[K", out.text);
    else
        complain(&out);
    fflush(stderr);
    to->on_terminal = isatty(STDERR_FILENO);
    to->on_screen = rewrites;
    to->told = true;
    to->pid = pid;
    to->started = started;
}

void display_end(display *to)
{
    if (to->on_screen && can_rewrite())
        fprintf(stderr, "\r\033[K");
    fflush(stderr);
}
