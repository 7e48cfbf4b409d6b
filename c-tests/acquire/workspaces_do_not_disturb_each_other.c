/* Threads that work in different workspaces are never refused. */
#include "check.h"
#include "threads.h"

enum { THREADS = 8, ROUNDS = MANY(1000) };

static void *acquire_and_release(void *root)
{
    int i;

    for (i = 0; i < ROUNDS; i++) {
        ralph_lock_guard *guard = acquire(root, "alone here");

        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int i;

    for (i = 0; i < THREADS; i++)
        threads[i] = start_thread(acquire_and_release, new_workspace());
    for (i = 0; i < THREADS; i++)
        join(threads[i]);
    return 0;
}
