/* Runs a step, records its system calls, and injects a fault into one of them. */
#ifndef TRACE_H
#define TRACE_H

#include "calls.h"

/* More calls than any step makes. */
enum { CALLS = 400 };

typedef enum kind { NO_FAULT, ERROR, SHORT, KILL, NO_MEMORY } kind;

/* The fault. */
typedef struct fault {
    kind kind;
    int at; /* which call of the step, or which allocation, both from 0; one more than the last: as it returns */
    int code;
} fault;

/* The outcome. */
typedef struct outcome {
    char calls[CALLS][LABEL]; /* those of the first run, up to the fault */
    int count;
    int ended; /* the signal that ended it, or 0 */
    bool hung;
    bool happened; /* whether the fault did */
    report said;
} outcome;

void trace(const step *what, const char *folder, fault wanted, outcome *into);

#endif
