/* The objects and results of a step. */
#ifndef STATE_H
#define STATE_H

#include "faults.h"

#include <pthread.h>
#include <sys/socket.h>

/* The workspace of this run, and its lock file. */
static char root[200];
static char lock_file[300];
static const char *file;
/* A directory below the workspace, for find_root. */
static char start[300];

/* The handles that a step has and gets. All that are not NULL at the end are freed. */
static ralph_lock_status status;
static int code;
static ralph_lock_guard *guard;
static ralph_lock_metadata *metadata;
static ralph_lock_error *error;
static ralph_lock_options *options;
static ralph_lock_cancel *cancel;
static ralph_lock_waiter *waiter;
static int fd;
static char detail[100];
/* The lock held before the step, and whether the descriptor has it. */
static ralph_lock_guard *own;
static bool fd_has_lock;
static pthread_t thread;
static bool has_thread;

/* Longer than a record that is blanked in place. */
static char big[6000];

#define CALL(call) (status = (call), code = errno)

static void say(const char *text)
{
    snprintf(detail, sizeof detail, " %s", text);
}

#endif
