/* ralph-lock: the workspace's lock on the command line. It uses only the library's public header. */
#ifndef TOOL_H
#define TOOL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ralph_lock.h>

/* Exit statuses. `run` also returns its command's, and the two that shells use for a command that cannot run. */
enum {
    EXIT_DONE = 0,
    /* `status`: held. `signal`: no process holds the lock. */
    EXIT_NEGATIVE = 1,
    /* sysexits(3): EX_USAGE, EX_IOERR, EX_TEMPFAIL. */
    EXIT_USAGE = 64,
    EXIT_FAILED = 74,
    EXIT_HELD = 75,
    EXIT_CANNOT_RUN = 126,
    EXIT_NO_COMMAND = 127,
};

/* The commands; argv[0] is the command's name. */
int run_main(int argc, char **argv);
int status_main(int argc, char **argv);
int wait_main(int argc, char **argv);
int signal_main(int argc, char **argv);

/* Prints the library's error and frees it; returns EXIT_FAILED. */
int failed(ralph_lock_error *error);

/* help.c */

/* Prints a command's help, or the tool's for ""; returns EXIT_DONE, or EXIT_FAILED if it cannot be written. */
int print_help(const char *command);

/* output.c */

/* Opens descriptors 0, 1 and 2 if the parent process closed them, so that no file of the tool gets these numbers. */
void open_standard_descriptors(void);
/* Closes standard output; returns `status`, or EXIT_FAILED if output could not be written. */
int finish_output(int status);

#endif
