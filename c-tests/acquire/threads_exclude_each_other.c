/* Of many threads that contend for a lock, waiting or trying, one holds it at a time. */
#include "check.h"
#include "threads.h"

enum { THREADS = 8, ROUNDS = MANY(1000) };

static char *root;
static occupancy place;

static void *wait_and_occupy(void *unused)
{
    int i;

    (void)unused;
    for (i = 0; i < ROUNDS; i++) {
        ralph_lock_guard *guard;

        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "waits", &guard, NULL));
        occupy(&place);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
    return NULL;
}

static void *try_and_occupy(void *unused)
{
    int i;

    (void)unused;
    for (i = 0; i < ROUNDS; i++) {
        ralph_lock_guard *guard;
        ralph_lock_status status;

        while ((status = ralph_lock_try_acquire(root, "tries", &guard, NULL, NULL)) == RALPH_LOCK_ALREADY_LOCKED)
            sched_yield();
        CHECK_STATUS(RALPH_LOCK_OK, status);
        occupy(&place);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
    return NULL;
}

static void all(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    int i;

    place.count = 0;
    for (i = 0; i < THREADS; i++)
        threads[i] = start_thread(body, NULL);
    for (i = 0; i < THREADS; i++)
        join(threads[i]);
    CHECK(place.count == THREADS * ROUNDS);
}

int main(void)
{
    root = new_workspace();
    all(wait_and_occupy);
    all(try_and_occupy);
    return 0;
}
