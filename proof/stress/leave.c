/* `leave ROOT ROUNDS`: every holder exits with the lock and leaves a long record behind, which the next one overwrites.
 * A mixture of two records is most likely then, and no reader gets one. */
#include "watchers.h"
#include "workers.h"

enum { WORKERS = 2, WATCHERS = 3 };

static int rounds;

static void take_and_end(const worker *me, int life)
{
    worker self = *me;
    ralph_lock_guard *guard;

    shared->life[life].pid = getpid();
    self.life = life;
    self.chance += (uint64_t)life << 32;
    new_wish(&self);
    doing(&self, "blocks");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(shared->root, self.prompt, &guard, NULL));
    enter(&self);
    check_previous(&self, guard);
    check_own_record(&self, false);
    count(ACQUIRED);
    _exit(0);
}

static void begin_and_end_holders(void *argument)
{
    worker *me = begin_work(*(int *)argument, 0, false);
    int i, status;

    end_with_starter();
    for (i = 0; i < rounds; i++) {
        int life = begin_life(0, true);
        pid_t child;

        store(&shared->life[life].doomed, now());
        child = fork();
        CHECK(child >= 0);
        if (child == 0)
            take_and_end(me, life);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        store(&shared->life[life].gone, now());
        shared->slot[me->slot].done++;
    }
}

int main(int arguments, char **argument)
{
    process workers[WORKERS], watchers[WATCHERS];
    int i;

    CHECK(arguments == 3);
    begin_storm("holders that leave records", argument[1]);
    rounds = atoi(argument[2]);
    shared->long_ones = 8000;
    fill_pool(shared->seed);
    for (i = 0; i < WORKERS; i++)
        workers[i] = start(begin_and_end_holders, &i);
    start_watchers(watchers, WATCHERS);
    finish_all(workers, WORKERS);
    store(&shared->stop, 1);
    finish_all(watchers, WATCHERS);
    CHECK(load(&shared->count[PREVIOUS]) == load(&shared->count[ACQUIRED]) - 1);
    report("acquired", ACQUIRED);
    report("records", RECORDS);
    report("large", LARGE);
    return 0;
}
