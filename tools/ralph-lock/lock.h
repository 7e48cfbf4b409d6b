/* Which lock, who holds it, and waiting for it. */
#ifndef LOCK_H
#define LOCK_H

#include "tool.h"

#include "text.h"

/* target.c */

/* "FOLDER/NAME"; the caller frees it. NULL: no memory. */
char *joined(const char *folder, const char *name);

/* A lock that is taken or asked about. */
typedef struct target {
    /* The workspace's absolute path. */
    char *root;
    /* A lock file below it; NULL: the workspace's own lock. */
    char *file;
    /* They name that file, and have a timeout of 0. */
    ralph_lock_options *options;
} target;

/* Finds the lock that the arguments DIR and --file mean, each NULL if it is missing. Gives -1, or an exit status when
 * there is no such lock. The caller frees it in both cases. */
int find_target(const char *command, const char *directory, const char *file, target *to);
/* A workspace's own lock. */
target target_in(const char *root);
void target_free(target *of);
/* The lock file's path; the caller frees it. NULL: no memory. */
char *target_path(const target *of);

/* holder.c */

/* Adds for how long it has held the lock. */
void line_age(line *out, const ralph_lock_metadata *holder);
/* Adds since when: local time, and how long ago that is. */
void line_since(line *out, const ralph_lock_metadata *holder);
/* "running" and the like. */
const char *liveness_words(const ralph_lock_metadata *holder);
/* The processes that keep the lock where the record does not tell; gives their number. */
enum { KEEPERS = 64 };
size_t find_keepers(const target *lock, const ralph_lock_metadata *holder, uint32_t keepers[KEEPERS]);
/* Says which process holds the lock, since when and doing what. */
void say_held(const target *lock, const char *path, const ralph_lock_metadata *holder);

/* nested.c */

/* Whether this process runs within the loop that holds the lock: below the holder, or with the token that the holder
 * exported. It would wait for itself. */
bool is_own_loop(const ralph_lock_metadata *holder);
/* Whether this process runs within the loop of some lock. */
bool is_in_loop(void);
/* Exports a token that the lock's present record matches. */
void export_token(const target *lock);

/* waiting.c */

/* Seconds of a clock that only goes forward. */
double now(void);

/* What is waited for. */
typedef struct request {
    const target *lock;
    const char *prompt;
    /* Seconds; INFINITY for as long as it takes, 0 for one try. */
    double seconds;
    /* Show nothing of the wait. */
    bool quiet;
    /* Only until it is free: it is not taken. */
    bool only_look;
} request;

/* Waits. RALPH_LOCK_OK: the lock is the caller's, or it is free if that was the question. RALPH_LOCK_ALREADY_LOCKED:
 * the time is over, or the lock is held by this process's own loop. Ends the tool if a signal says so. */
ralph_lock_status wait_for_lock(const request *what, ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                ralph_lock_error **error);

/* display.c */

/* What is shown of a wait. */
typedef struct display {
    bool quiet;
    /* It is shown on a terminal, where the foreground may change. */
    bool on_terminal;
    /* A terminal has the line of the wait on it now. */
    bool on_screen;
    /* A line of its own has told of this holder. */
    bool told;
    uint32_t pid;
    int64_t started;
} display;

/* Shows which process is waited for. */
void display_holder(display *to, const ralph_lock_metadata *holder);
/* Takes the line of the wait off the terminal. */
void display_end(display *to);

#endif
