/* ralph-lock: the workspace's lock on the command line. It uses nothing of the library but its public header. */
#ifndef TOOL_H
#define TOOL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ralph_lock.h>

/* Exit statuses. `run` has its command's besides, and the two that shells have for one that cannot be run. */
enum {
    EXIT_DONE = 0,
    /* `status`: held. `signal`: nobody to signal. */
    EXIT_NEGATIVE = 1,
    /* sysexits(3): EX_USAGE, EX_IOERR, EX_TEMPFAIL. */
    EXIT_USAGE = 64,
    EXIT_FAILED = 74,
    EXIT_HELD = 75,
    EXIT_CANNOT_RUN = 126,
    EXIT_NO_COMMAND = 127,
};

/* The commands; argv begins with the command's name. */
int run_main(int argc, char **argv);
int status_main(int argc, char **argv);
int wait_main(int argc, char **argv);
int signal_main(int argc, char **argv);

/* main.c */

/* Prints a command's help; gives EXIT_DONE, or EXIT_FAILED when it cannot be written. */
int print_help(const char *command);
/* Says what is wrong with the arguments and where the help is; gives EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const char *command, const char *format, ...);
/* Says what went wrong in the library, and frees it; gives EXIT_FAILED. */
int failed(ralph_lock_error *error);
/* Ends what was written to standard output; gives `status`, or EXIT_FAILED when it could not be written. */
int finish_output(int status);
/* Remembers the one directory of a command line. */
bool take_directory(const char *command, const char **directory, const char *argument);
/* Reads seconds, perhaps a decimal fraction. */
bool parse_seconds(const char *text, double *seconds);

/* text.c: what others wrote must do no harm where it is shown. */

/* A line of limited width. What no longer fits is cut, and "..." says so. */
typedef struct line {
    char text[4096];
    size_t length;
    /* Columns that are left. */
    int left;
    /* Up to where the text must be cut for the dots. */
    size_t cut;
    bool full;
} line;

/* No terminal: this many columns are enough for anybody. */
#define WIDE 500

/* How wide a line of that descriptor's terminal is; WIDE if it is none. */
int columns_of(int fd);
void line_begin(line *out, int columns);
/* Adds text that anybody wrote. Control characters are shown as in C. */
void line_text(line *out, const char *text);
/* Adds words of ours, and short texts. */
__attribute__((format(printf, 2, 3))) void line_words(line *out, const char *format, ...);
/* Prints it to standard error under the tool's name. */
void complain(const line *out);
/* Says something on standard error. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* Prints a JSON string, in ASCII; null for NULL. What is not UTF-8 becomes U+FFFD. */
void print_json_text(const char *text);
/* Words with blanks between them, as UTF-8 whatever they are; to be freed. */
char *joined(char *const *words);

/* holder.c */

/* Adds who that is: "process 4711", and its host if that is another one. */
void line_holder(line *out, const ralph_lock_metadata *holder);
/* Adds for how long it has held the lock. */
void line_age(line *out, const ralph_lock_metadata *holder);
/* Adds since when: local time, and how long ago that is. */
void line_since(line *out, const ralph_lock_metadata *holder);
/* "running" and the like. */
const char *liveness_words(const ralph_lock_metadata *holder);
/* The processes that keep the lock where the record does not tell; their number. */
enum { KEEPERS = 64 };
size_t find_keepers(const char *root, const ralph_lock_metadata *holder, uint32_t keepers[KEEPERS]);
/* Says who holds the lock, since when and doing what. `root` is NULL when it is not the workspace's own lock. */
void say_who_holds(const char *path, const char *root, const ralph_lock_metadata *holder);

/* waiting.c */

/* What is waited for. */
typedef struct request {
    const char *root;
    /* Another lock file, or NULL. */
    const char *file;
    const char *prompt;
    /* Seconds; INFINITY for as long as it takes, 0 for one try. */
    double seconds;
    /* Show nothing of the wait. */
    bool quiet;
    /* Only until it is free: it is not taken. */
    bool only_look;
} request;

/* Waits. RALPH_LOCK_OK: the lock is the caller's, or it is free if that was the question. RALPH_LOCK_ALREADY_LOCKED:
 * the time is over, or the holder is a process above this one, for which nobody can wait. Ends the tool if a signal
 * says so. */
ralph_lock_status wait_for_lock(const request *what, ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                ralph_lock_error **error);

/* signals.c: signals are blocked all the time but in wait_for_event(), so that none comes at a bad moment. */

/* Begins to catch whatever would end the tool, except what its starter made it ignore. */
void catch_signals(void);
/* From now on, a terminal's stop signals do not stop the tool either. */
void catch_stops(void);
/* Makes signals what they were: for the command. */
void restore_signals(void);
/* Sleeps until the descriptor is readable (-1: none), a signal came or the seconds are over. */
void wait_for_event(int fd, double seconds);
/* The next signal to act on, 0 if there is none. by_terminal: it came from a key, and so reached the whole foreground
 * process group. */
int next_signal(bool *by_terminal);
/* Ends the tool as the signal would have done. Returns the exit status that means the same, if it cannot. */
int die_by(int signal_number);

/* child.c */

/* Becomes the command, or says why not and exits. */
__attribute__((noreturn)) void become(char *const *command);
/* Runs the command; gives its wait status, or -1 when no process could be made. */
int run_child(char *const *command);

#endif
