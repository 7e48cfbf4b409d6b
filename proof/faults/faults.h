/* Shared by the files of this program: steps, faults, and the judge process. */
#ifndef FAULTS_H
#define FAULTS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ralph_lock.h>

/* Ends this process if this program, not the library, fails. */
#define MUST(condition) ((condition) ? (void)0 : broken(__FILE__, __LINE__, #condition))

__attribute__((noreturn)) void broken(const char *file, int line, const char *what);

/* What happens to the lock from outside, when a step first sleeps or reaches its first flock(2). */
typedef enum event {
    NOTHING,
    RELEASE,     /* the judge releases the lock */
    KILL_HOLDER, /* the process that holds it is killed */
    LET_PASS,    /* time passes: more than the library waits for a holder's record */
    TIME_OUT,    /* time passes: more than a step's timeout */
    TRIGGER,     /* another thread triggers the cancel token */
    REMOVE,      /* the lock file is removed at the first flock(2) */
    NO_TMPFILE   /* the file system has no files without a name, O_TMPFILE */
} event;

/* These two times in milliseconds, and the timeout. */
enum { PATIENCE = 25, TIMEOUT = 40, LONGER = 60 };

/* One exported function on one of its paths. */
typedef struct step {
    const char *function;
    const char *path;
    void (*prepare)(void);
    void (*perform)(void);
    event event;
    bool network; /* the file system says that it is NFS */
    bool fresh;   /* the process has not determined its identity and the file system's type yet */
} step;

extern const step steps[];
extern const size_t step_count;

/* The outcome of a step, written by its process and read by the tracer. */
typedef struct report {
    char answer[160];
    int os_code;
    char about[128]; /* the error's path, below the workspace root */
    char wrong[400]; /* the promise that the step's process found broken */
    long blocks;     /* allocated at the end */
    int descriptors; /* open at the end */
    long allocations; /* of the step */
} report;

/* Runs a step twice, each time between two marks, the first time with that allocation failing (0: none). */
__attribute__((noreturn)) void run_step(const step *what, const char *folder, long failing, report *said);

/* Makes the mark: a system call that the library never makes. */
#define MARK SYS_getppid

/* The judge: another process, which holds, asks about and tries the lock on command. */
void start_judge(void);
/* Sends it a command about the lock file of a workspace, and returns its answer, valid until the next. */
const char *judge(char verb, const char *root, const char *file);
/* The length of a prompt's first word, which names its owner. */
int first_word(const char *text);
/* For TRIGGER: the line between the tracer and the thread. */
extern int line[2];

/* Counts allocations. */
extern long live_blocks;
extern long allocations;
/* Which allocation fails, counted from now; 0: none. */
extern long failing_allocation;
/* Makes the heap so large that malloc(3) itself makes no system calls. */
void have_heap(void);

#endif
