/* `probe ROOT`: while eight processes ask about the lock a thousand times a second, one process takes and releases it, and
 * is never refused. Then three processes contend for it, and none is refused while no other one has it. */
#include "watchers.h"
#include "workers.h"

enum { WATCHERS = 8, LOOKS = 4000, RIVALS = 3, ROUNDS = 3000 };

/* Takes it with one attempt each time: a refusal ends the storm. */
static int take_alone(void)
{
    worker *me = begin_work(0, begin_life(getpid(), true), false);
    int taken = 0;

    while (load(&shared->count[PROBES]) < WATCHERS * LOOKS) {
        ralph_lock_guard *guard;

        new_wish(me);
        guard = acquire(shared->root, me->prompt);
        enter(me);
        leave(me);
        give_up(me, guard);
        taken++;
        /* Without sleep it would leave the watchers no time on a small machine. */
        nap(me, 200);
    }
    end_work(me);
    return taken;
}

static void rival(void *argument)
{
    worker *me = begin_work(*(int *)argument, begin_life(getpid(), true), false);
    int i;

    end_with_starter();
    for (i = 0; i < ROUNDS; i++) {
        ralph_lock_guard *guard;

        new_wish(me);
        guard = try_until_taken(me);
        enter(me);
        dwell(me);
        leave(me);
        give_up(me, guard);
        nap(me, 600);
    }
    end_work(me);
}

int main(int arguments, char **argument)
{
    process watchers[WATCHERS], rivals[RIVALS];
    int i;
    double began;

    CHECK(arguments == 2);
    begin_storm("probers", argument[1]);
    fill_pool(shared->seed);
    began = now_ms();
    start_watchers(watchers, WATCHERS);
    printf("taken %d\n", take_alone());
    printf("looks %d\n", load(&shared->count[PROBES]));
    printf("rate %.0f\n", load(&shared->count[PROBES]) / (now_ms() - began) * 1000);

    log_calls();
    for (i = 0; i < RIVALS; i++)
        rivals[i] = start(rival, &i);
    finish_all(rivals, RIVALS);
    store(&shared->stop, 1);
    finish_all(watchers, WATCHERS);
    printf("judged %d\n", check_refusals());
    CHECK(load(&shared->count[STALE]) == 0);
    report("records", RECORDS);
    report("large", LARGE);
    return 0;
}
