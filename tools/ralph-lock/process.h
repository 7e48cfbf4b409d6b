/* Signals and child processes. */
#ifndef PROCESS_H
#define PROCESS_H

#include <signal.h>
#include <stdbool.h>

/* signals.c: signals are blocked at all times but in wait_for_event(), so that none comes at a bad moment. */

/* Begins to catch what would end the tool, except what its starter made it ignore. */
void catch_signals(void);
/* From now on, a terminal's stop signals do not stop the tool either. */
void catch_stops(void);
/* Makes signals what they were: for a command. */
void restore_signals(void);
/* Sleeps until the descriptor is readable (-1: none), a signal came or the seconds are over. It may wake early. */
void wait_for_event(int fd, double seconds);
/* The next signal to act on, 0 if there is none. by_terminal: the terminal's driver sent it, and so to the whole
 * foreground process group, a hang-up perhaps to the session's leader alone. */
int next_signal(bool *by_terminal);
/* Ends the tool as the signal would have done. Returns the exit status that means the same, if it cannot. */
int die_by(int signal_number);

/* child.c */

/* Becomes the command, or says why not and exits. */
__attribute__((noreturn)) void become(char *const *command);
struct watch;

/* A command in a process of its own. */
typedef struct job {
    char *const *command;
    /* What the process does before it becomes the command; may be NULL. */
    void (*prepare)(const void *argument);
    const void *argument;
    /* What is watched meanwhile, or NULL; and whether the command ends when the lock is lost. */
    struct watch *watch;
    bool ends_when_lost;
} job;

/* Gives the command's wait status, or -1 when no process could be made. */
int run_child(const job *from);

#endif
