#include "lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether standard error is a terminal that can rewrite a line, with this process in its foreground. In the background
 * the line is the shell's prompt. */
static bool can_rewrite(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0 &&
           tcgetpgrp(STDERR_FILENO) == getpgrp();
}

/* The rewritten line, with the important facts first, because a terminal may cut it. */
static void compose_short(line *out, const ralph_lock_metadata *holder)
{
    /* Some terminals wrap after the last column, and "^C" must fit before it. */
    line_begin(out, columns_of(STDERR_FILENO) - 3);
    line_words(out, "waiting: held by ");
    if (holder == NULL) {
        line_words(out, "%s", ralph_lock_metadata_summary(holder));
        return;
    }
    line_words(out, "process %u", (unsigned)ralph_lock_metadata_pid(holder));
    if (ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_FOREIGN && ralph_lock_metadata_host(holder) != NULL)
        line_words(out, " on %s", ralph_lock_metadata_host(holder));
    line_words(out, " for ");
    line_age(out, holder);
    line_words(out, ": ");
    line_text(out, ralph_lock_metadata_prompt(holder));
}

void display_holder(display *to, const ralph_lock_metadata *holder)
{
    uint32_t pid = ralph_lock_metadata_pid(holder);
    int64_t started = ralph_lock_metadata_started_unix_ns(holder);
    bool rewrites = can_rewrite();
    line out;

    if (to->quiet || (!rewrites && to->told && pid == to->pid && started == to->started))
        return;
    if (rewrites) {
        compose_short(&out, holder);
        fprintf(stderr, "\r%s\033[K", out.text);
    } else {
        say("waiting: held by %s", ralph_lock_metadata_summary(holder));
    }
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
