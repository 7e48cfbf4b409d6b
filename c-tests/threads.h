/* Threads, and detectors of two holders at once. */
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

/* A thread that releases, in each round, the guard that its starter ends at the same moment. A barrier would wake the
 * two too far apart. */
typedef struct rival {
    int rounds;
    /* How many rounds have begun, and how many the rival has ended. */
    int begun, ended;
    ralph_lock_guard *guard;
    ralph_lock_status status;
} rival;

UNUSED static void until_round(const int *counter, int round)
{
    while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) != round)
        sched_yield();
}

UNUSED static void *release_too(void *argument)
{
    rival *self = argument;
    int i;

    for (i = 1; i <= self->rounds; i++) {
        until_round(&self->begun, i);
        self->status = ralph_lock_release(self->guard);
        __atomic_store_n(&self->ended, i, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

/* Checks that exactly one of the two got OK. */
UNUSED static void check_one_won(ralph_lock_status mine, const rival *other)
{
    CHECK_STATUS(mine == RALPH_LOCK_OK ? RALPH_LOCK_INVALID_HANDLE : RALPH_LOCK_OK, other->status);
    CHECK_STATUS(other->status == RALPH_LOCK_OK ? RALPH_LOCK_INVALID_HANDLE : RALPH_LOCK_OK, mine);
}

/* Two detectors of two holders at once: a mark that must not be set on entry, and a counter that loses updates when two
 * write it. For processes it lies in shared memory. */
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
    /* Lets other threads run, which would enter now if the lock did not exclude them. */
    sched_yield();
    place->count = count + 1;
    CHECK(__atomic_exchange_n(&place->mark, 0, __ATOMIC_SEQ_CST) == 1);
}

#endif
