/* Counting the descriptors and the memory that a call leaves behind. */
#ifndef LEAKS_H
#define LEAKS_H

#include "check.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

/* How much memory this process has allocated; always 0 where libc does not count it. */
UNUSED static size_t allocated(void)
{
#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 33)
    return mallinfo2().uordblks;
#endif
#endif
    return 0;
}

/* What malloc may keep for itself between the rounds. */
#ifndef KEPT_BY_MALLOC
#define KEPT_BY_MALLOC 4096
#endif

/* Fails when a function that runs many times leaves descriptors or memory behind. The same number of rounds runs first
 * without counting, to fill the library's caches and malloc's. */
UNUSED static void leaks_nothing(const char *what, int rounds, void (*round)(void *), void *argument)
{
    size_t memory;
    int descriptors, i;

    rounds = MANY(rounds);
    for (i = 0; i < rounds; i++)
        round(argument);
    descriptors = open_descriptors();
    memory = allocated();
    for (i = 0; i < rounds; i++)
        round(argument);
    if (open_descriptors() != descriptors)
        fail(__FILE__, __LINE__, "%s: %d descriptors open, then %d", what, descriptors, open_descriptors());
    if (allocated() > memory + KEPT_BY_MALLOC)
        fail(__FILE__, __LINE__, "%s: %lu bytes allocated, then %lu", what, (unsigned long)memory,
             (unsigned long)allocated());
}

#endif
