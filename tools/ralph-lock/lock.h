/* The lock, its holder, and waiting for it. */
#ifndef LOCK_H
#define LOCK_H

#include "tool.h"

#include "text.h"

/* target.c */

/* "FOLDER/NAME"; the caller frees it. NULL: no memory. */
char *joined(const char *folder, const char *name);

/* A lock to take or to query. */
typedef struct target {
    /* The workspace's absolute path. */
    char *root;
    /* A lock file below it; NULL: the workspace's own lock. */
    char *file;
    /* Options with that file and a timeout of 0. */
    ralph_lock_options *options;
} target;

/* Finds the lock that DIR and --file mean, each NULL if missing. Returns -1, or an exit status if there is no such
 * lock. The caller frees it in both cases. */
int find_target(const char *command, const char *directory, const char *file, target *to);
/* A workspace's own lock. */
target target_in(const char *root);
void target_free(target *of);
/* The lock file's path; the caller frees it. NULL: no memory. */
char *target_path(const target *of);

/* holder.c */

/* Adds how long the holder has had the lock. */
void line_age(line *out, const ralph_lock_metadata *holder);
/* Adds since when the holder has had it: the local time, and how long ago that is. */
void line_since(line *out, const ralph_lock_metadata *holder);
/* "running" and the like. */
const char *liveness_words(const ralph_lock_metadata *holder);
/* The processes that keep the lock, unless its holder is known to run; returns their number. */
enum { KEEPERS = 64 };
size_t find_keepers(const target *lock, const ralph_lock_metadata *holder, uint32_t keepers[KEEPERS]);
/* Prints which process holds the lock, since when and doing what. */
void say_held(const target *lock, const char *path, const ralph_lock_metadata *holder);

/* nested.c */

/* Whether this process runs inside the loop that holds the lock: below the holder, or with the token that the holder
 * exported. It would wait for itself. */
bool is_own_loop(const ralph_lock_metadata *holder);
/* Whether this process runs inside the loop of any lock. */
bool is_in_loop(void);
/* Exports the token of the lock's present record. */
void export_token(const target *lock);

/* waiting.c */

/* CLOCK_MONOTONIC in seconds. */
double now(void);

/* What is waited for. */
typedef struct request {
    const target *lock;
    const char *prompt;
    /* Seconds; INFINITY: no limit, 0: one try. */
    double seconds;
    /* Show nothing of the wait. */
    bool quiet;
    /* Wait until it is free, without taking it. */
    bool only_look;
} request;

/* Waits. RALPH_LOCK_OK: the caller holds the lock, or it is free if that was the question. RALPH_LOCK_ALREADY_LOCKED:
 * the timeout expired, or this process's own loop holds the lock. A signal may end the tool. */
ralph_lock_status wait_for_lock(const request *what, ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                ralph_lock_error **error);

/* display.c */

/* What is shown of a wait. */
typedef struct display {
    bool quiet;
    /* Output goes to a terminal, whose foreground may change. */
    bool on_terminal;
    /* The terminal shows the wait's line now. */
    bool on_screen;
    /* A separate line has named this holder. */
    bool told;
    uint32_t pid;
    int64_t started;
} display;

/* Shows the holder that the tool waits for. */
void display_holder(display *to, const ralph_lock_metadata *holder);
/* Clears the wait's line on the terminal. */
void display_end(display *to);

#endif
