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

/* The memory in use is compared in up to that many windows. */
#define WINDOWS 12

/* Less than malloc's smallest block takes. */
#define SMALLEST 16
#define A_PAGE 4096

/* Fails when a function that runs many times leaves descriptors or memory behind. The same number of rounds runs first
 * without counting, to fill the library's caches. malloc counts its caches as memory in use, and they fill at any time: a
 * leak, and only that, grows in every window, by SMALLEST or more for each round, or by more than a page. */
UNUSED static void leaks_nothing(const char *what, int rounds, void (*round)(void *), void *argument)
{
    size_t before, after, least, grown = 0;
    int descriptors, window, i;

    rounds = MANY(rounds);
    least = rounds < A_PAGE / SMALLEST ? (size_t)rounds * SMALLEST : A_PAGE;
    for (i = 0; i < rounds; i++)
        round(argument);
    descriptors = open_descriptors();
    for (window = 0; window < WINDOWS; window++) {
        before = allocated();
        for (i = 0; i < rounds; i++)
            round(argument);
        after = allocated();
        grown = after > before ? after - before : 0;
        if (grown < least)
            break;
    }
    if (open_descriptors() != descriptors)
        fail(__FILE__, __LINE__, "%s: %d descriptors open, then %d", what, descriptors, open_descriptors());
    if (window == WINDOWS)
        fail(__FILE__, __LINE__, "%s: %lu bytes more are in use after each window", what, (unsigned long)grown);
}

#endif
