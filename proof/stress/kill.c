/* `kill ROOT KILLS`: processes that take the lock are killed at any moment, some with a child that has their descriptor.
 * No call names a holder that had released the lock, the next holder is told of the dead one, and in the end the lock
 * is free. */
#include "mortals.h"
#include "watchers.h"

enum { WORKERS = 5, WATCHERS = 4 };

static void take_and_be_killed(void *argument)
{
    worker *me = begin_mortal(argument);

    while (!load(&shared->stop)) {
        ralph_lock_guard *guard;

        new_wish(me);
        guard = take(me);
        enter(me);
        check_previous(me, guard);
        if (below(&me->chance, 6) == 0)
            leave_a_child(me);
        dwell(me);
        if (below(&me->chance, 3) == 0)
            nap(me, 4000);
        leave(me);
        give_up(me, guard);
    }
    end_work(me);
}

int main(int arguments, char **argument)
{
    process workers[WORKERS + WATCHERS], *watchers = workers + WORKERS;
    role roles[WORKERS];
    worker self = {0};
    int i, kills;

    CHECK(arguments == 3);
    begin_storm("kills", argument[1]);
    shared->long_ones = 100;
    fill_pool(shared->seed);
    expect_orphans();
    self.chance = shared->seed;
    for (i = 0; i < WORKERS; i++) {
        roles[i].slot = i;
        workers[i] = start_mortal(&roles[i], take_and_be_killed);
    }
    start_watchers(watchers, WATCHERS);
    for (kills = 0; kills < atoi(argument[2]); kills++) {
        nap(&self, 10000);
        i = choose(&self, roles, WORKERS);
        kill_worker(&workers[i], &roles[i]);
        workers[i] = start_mortal(&roles[i], take_and_be_killed);
        check_all_run(workers, WORKERS + WATCHERS);
    }
    store(&shared->stop, 1);
    finish_all(workers, WORKERS + WATCHERS);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    check_state(shared->root, RALPH_LOCK_STATE_FREE, NULL);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(shared->root));
    CHECK(load(&shared->count[KEPT]) > 0 && load(&shared->count[PREVIOUS]) > 0 && load(&shared->count[STALE]) > 0);
    report("acquired", ACQUIRED);
    report("kills", KILLS);
    report("kept", KEPT);
    report("previous", PREVIOUS);
    report("held", HELD);
    report("stale", STALE);
    report("free", FREE);
    report("records", RECORDS);
    report("large", LARGE);
    return 0;
}
