/* System calls: their names, and their possible errors. */
#ifndef CALLS_H
#define CALLS_H

#include "faults.h"

/* A call's label: its name, and its object. */
enum { LABEL = 160 };

const char *name_of_call(long number);
void describe(pid_t process, const unsigned long *arguments, long number, const char *root, char *label,
              size_t room);

/* Whether a label belongs to the call with that name. */
bool is_call(const char *label, const char *name);

/* The errors that such a call can give, ending with 0. */
const int *errors_of(const char *label);

#endif
