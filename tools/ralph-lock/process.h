/* Signals and child processes. */
#ifndef PROCESS_H
#define PROCESS_H

#include <signal.h>
#include <stdbool.h>

/* signals.c: signals are blocked except in wait_for_event(). */

/* Starts to catch the signals that would end the tool, except those that its parent ignored. */
void catch_signals(void);
/* From now on the terminal's stop signals do not stop the tool. */
void catch_stops(void);
/* Restores the signal mask and dispositions that the tool inherited, for a command. */
void restore_signals(void);
/* Sleeps until the descriptor is readable (-1: none), a signal arrives or the time is over. It may wake early. */
void wait_for_event(int fd, double seconds);
/* The next signal to handle, 0 if there is none. by_terminal: the terminal driver sent it, to the whole foreground
 * process group; a hang-up possibly to the session leader only. */
int next_signal(bool *by_terminal);
/* Ends the tool as the signal would have. If that fails, returns the corresponding exit status. */
int die_by(int signal_number);

/* child.c */

/* Executes the command, or prints why not and exits. */
__attribute__((noreturn)) void become(char *const *command);
struct watch;

/* A command in a child process. */
typedef struct job {
    char *const *command;
    /* Called in the child before exec; may be NULL. */
    void (*prepare)(const void *argument);
    const void *argument;
    /* The watch over the lock file, or NULL; and whether the command is ended when the lock is lost. */
    struct watch *watch;
    bool ends_when_lost;
} job;

/* Returns the command's wait status, or -1 if fork failed. */
int run_child(const job *from);

#endif
