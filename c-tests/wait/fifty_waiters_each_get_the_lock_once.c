/* Of 50 processes that wait for one lock each gets it exactly once, and never two at a time. */
#include "check.h"

#include <sys/mman.h>

#define WAITERS (10 + MANY(40))

/* In shared memory. Neither is atomic: the lock orders the accesses. */
typedef struct shared {
    volatile int occupant;
    volatile int counter;
    volatile int turns[WAITERS];
} shared;

static shared *all;

typedef struct turn {
    const char *root;
    int number;
    way how;
} turn;

static void take_turn(void *argument)
{
    const turn *mine = argument;
    ralph_lock_guard *guard;
    int before, i;

    say(&starter, 'w');
    guard = wait_for(mine->root, path_of("waiter %d", mine->number), mine->how);
    CHECK(all->occupant == 0);
    all->occupant = mine->number + 1;
    before = all->counter;
    /* Lets a second holder show itself. */
    for (i = 0; i < 20; i++)
        sched_yield();
    all->counter = before + 1;
    all->turns[mine->number]++;
    CHECK(all->occupant == mine->number + 1);
    all->occupant = 0;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void check_way(const way *ways, size_t count)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "first");
    process waiters[WAITERS];
    int i;

    memset((void *)all, 0, sizeof *all);
    for (i = 0; i < WAITERS; i++) {
        turn mine = {root, i, ways[(size_t)i % count]};

        waiters[i] = start(take_turn, &mine);
    }
    for (i = 0; i < WAITERS; i++)
        CHECK(hear(&waiters[i]) == 'w');
    for (i = 0; i < WAITERS; i++)
        until_asleep(waiters[i].pid);
    CHECK(all->counter == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    for (i = 0; i < WAITERS; i++)
        finish(&waiters[i]);
    CHECK(all->counter == WAITERS);
    for (i = 0; i < WAITERS; i++)
        CHECK(all->turns[i] == 1);
    CHECK(!is_locked(root) && is_blank(lock_file_of(root)));
}

int main(void)
{
    static const way timed[] = {TIMED}, stepped[] = {STEPPED}, mixed[] = {TIMED, STEPPED, BLOCKING};

    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(all != MAP_FAILED);
    check_way(timed, 1);
    check_way(stepped, 1);
    check_way(mixed, 3);
    return 0;
}
