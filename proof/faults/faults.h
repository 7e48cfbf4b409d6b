/* What the files of this program share: steps, faults, and the process that judges. */
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

/* Ends this process when something here, not in the library, does not work. */
#define MUST(condition) ((condition) ? (void)0 : broken(__FILE__, __LINE__, #condition))

__attribute__((noreturn)) void broken(const char *file, int line, const char *what);

/* What happens to the lock from outside, while a step sleeps for the first time or gets to its first flock(2). */
typedef enum event {
    NOTHING,
    RELEASE,     /* the judge lets go */
    KILL_HOLDER, /* the process that holds it is killed */
    LET_PASS,    /* time passes: more than the library bears with a holder that is not on record */
    TIME_OUT,    /* more than a step with a timeout waits */
    TRIGGER,     /* another thread triggers the cancel token */
    REMOVE,      /* somebody removes the lock file at the first flock(2) */
    NO_TMPFILE   /* the file system has no files without a name, O_TMPFILE */
} event;

/* How long those two are, in milliseconds, and the timeout. */
enum { PATIENCE = 25, TIMEOUT = 40, LONGER = 60 };

/* One exported function on one of its ways. */
typedef struct step {
    const char *function;
    const char *path;
    void (*prepare)(void);
    void (*perform)(void);
    event event;
    bool network; /* the file system says that it is NFS */
    bool fresh;   /* the process has not found out yet who it is, and what the file system is */
} step;

extern const step steps[];
extern const size_t step_count;

/* What a step came to, written by its process and read by the one that traces it. */
typedef struct report {
    char answer[160];
    int os_code;
    char about[128]; /* the error's path, below the workspace root */
    char wrong[400]; /* what the step's process found not to be as promised */
    long blocks;     /* allocated at the end */
    int descriptors; /* open at the end */
    long allocations; /* of the step */
} report;

/* Runs a step twice, each time between two marks, the first time with that allocation failing (0: none). */
__attribute__((noreturn)) void run_step(const step *what, const char *folder, long failing, report *said);

/* The mark: a system call that the library never makes. */
#define MARK SYS_getppid

/* Another process, which holds, asks and tries as told. */
void start_judge(void);
/* Tells it something about the lock file of a workspace, and gives its answer, valid until the next. */
const char *judge(char verb, const char *root, const char *file);
/* How long the first word of a prompt is: all of them say with that one whose they are. */
int first_word(const char *text);
/* For TRIGGER: the line between the process that traces and the thread. */
extern int line[2];

/* Counts what is allocated. */
extern long live_blocks;
extern long allocations;
/* Which allocation from now on fails; 0: none. */
extern long failing_allocation;
/* Makes the heap so large that malloc(3) itself makes no system calls. */
void have_heap(void);

#endif
