/* Eight threads that each take the lock 200 times with a timeout exclude each other and lose no update. */
#include "check.h"
#include "threads.h"

#include <pthread.h>

#define THREADS 8
#define ROUNDS MANY(200)

static char *root;
static ralph_lock_options *options;

/* Relaxed accesses order nothing: the lock does. Plain accesses would compile to the same code, but a data-race
 * detector does not know that flock(2) orders them. */
static int occupant, counter;

static int get(const int *place)
{
    return __atomic_load_n(place, __ATOMIC_RELAXED);
}

static void set(int *place, int value)
{
    __atomic_store_n(place, value, __ATOMIC_RELAXED);
}

static void *take_turns(void *argument)
{
    int number = *(int *)argument;
    ralph_lock_guard *guard;
    int before, i;

    for (i = 0; i < ROUNDS; i++) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_with(root, "turn", options, &guard, NULL, NULL));
        CHECK(get(&occupant) == 0);
        set(&occupant, number + 1);
        before = get(&counter);
        sched_yield();
        set(&counter, before + 1);
        CHECK(get(&occupant) == number + 1);
        set(&occupant, 0);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int numbers[THREADS], i;

    root = new_workspace();
    options = timeout_of(100000);
    for (i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, take_turns, &numbers[i]) == 0);
    }
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(counter == THREADS * ROUNDS);
    ralph_lock_options_free(options);
    return 0;
}
