/* Threads, and the detectors of two holders at once. */
#ifndef THREADS_H
#define THREADS_H

#include "check.h"

#include <pthread.h>
#include <sched.h>

UNUSED static pthread_t start_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, body, argument) == 0);
    return thread;
}

UNUSED static void join(pthread_t thread)
{
    CHECK(pthread_join(thread, NULL) == 0);
}

/* Two detectors of two holders at once: a mark that must not be set on entry, and a counter that
 * loses updates when two write it. To be put into shared memory for processes. */
typedef struct occupancy {
    int mark;
    volatile long count;
} occupancy;

/* What the holder of the lock does. */
UNUSED static void occupy(occupancy *place)
{
    long count;

    CHECK(__atomic_exchange_n(&place->mark, 1, __ATOMIC_SEQ_CST) == 0);
    count = place->count;
    /* Lets others run, who would come in now if the lock were no lock. */
    sched_yield();
    place->count = count + 1;
    CHECK(__atomic_exchange_n(&place->mark, 0, __ATOMIC_SEQ_CST) == 1);
}

#endif
