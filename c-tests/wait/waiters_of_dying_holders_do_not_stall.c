/* When each of 30 waiting processes dies with the lock, the next one gets it at once, without waiting for the
 * back-stop. */
#include "check.h"

#include <sys/mman.h>

#define WAITERS 30

/* When the lock was taken for the first, the second ... time. In shared memory. */
typedef struct shared {
    volatile int count;
    volatile double had[WAITERS];
} shared;

static shared *all;

static void die_with_it(void *argument)
{
    char *root = argument;
    ralph_lock_guard *guard;

    say(&starter, 'w');
    guard = wait_for(root, "dies", TIMED);
    CHECK(ralph_lock_guard_verify(guard, NULL) == RALPH_LOCK_OK);
    all->had[all->count] = now_ms();
    all->count++;
    /* Without a record there is no process to watch: only the close raises an event. */
    CHECK(truncate(lock_file_of(root), 0) == 0);
    _exit(0);
}

static int stalls(void)
{
    char *root = new_workspace();
    process waiters[WAITERS];
    ralph_lock_guard *first = acquire(root, "first");
    int count = 0, i;

    all->count = 0;
    for (i = 0; i < WAITERS; i++)
        waiters[i] = start(die_with_it, root);
    for (i = 0; i < WAITERS; i++)
        CHECK(hear(&waiters[i]) == 'w');
    for (i = 0; i < WAITERS; i++)
        until_asleep(waiters[i].pid);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(first));
    for (i = 0; i < WAITERS; i++)
        finish(&waiters[i]);
    CHECK(all->count == WAITERS);
    for (i = 1; i < WAITERS; i++)
        count += all->had[i] - all->had[i - 1] > LATE;
    return count;
}

int main(void)
{
    int attempt;

    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(all != MAP_FAILED);
    for (attempt = 0; stalls() > 0; attempt++)
        CHECK(attempt < 2);
    return 0;
}
