/* `contend processes|threads ROOT ROUNDS`: eight processes, or eight threads of one, take a lock that many times each,
 * in every way, while eight processes watch. No two hold it at a time, none is refused while it is free, and every
 * record that is read is whole. */
#include "watchers.h"
#include "workers.h"

#include <pthread.h>

enum { WORKERS = 8, WATCHERS = 8 };

static int rounds;

static void contend(worker *me)
{
    int i;

    for (i = 0; i < rounds; i++) {
        ralph_lock_guard *guard;

        new_wish(me);
        guard = take(me);
        enter(me);
        check_previous(me, guard);
        dwell(me);
        leave(me);
        give_up(me, guard);
    }
    end_work(me);
}

static void contend_alone(void *argument)
{
    end_with_starter();
    contend(begin_work(*(int *)argument, begin_life(getpid(), true), false));
}

static void *contend_as_thread(void *me)
{
    contend(me);
    return NULL;
}

static void contend_in_threads(void *unused)
{
    pthread_t threads[WORKERS];
    int i, life = begin_life(getpid(), true);

    (void)unused;
    end_with_starter();
    for (i = 0; i < WORKERS; i++)
        CHECK(pthread_create(&threads[i], NULL, contend_as_thread, begin_work(i, life, true)) == 0);
    for (i = 0; i < WORKERS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(int count, char **arguments)
{
    process watchers[WATCHERS], workers[WORKERS];
    bool by_threads;
    int i, many;
    double began;

    CHECK(count == 4);
    by_threads = strcmp(arguments[1], "threads") == 0;
    begin_storm(by_threads ? "threads" : "processes", arguments[2]);
    rounds = atoi(arguments[3]);
    fill_pool(shared->seed);
    log_calls();
    many = by_threads ? 1 : WORKERS;
    began = now_ms();
    for (i = 0; i < many; i++)
        workers[i] = start(by_threads ? contend_in_threads : contend_alone, &i);
    start_watchers(watchers, WATCHERS);
    finish_all(workers, many);
    store(&shared->stop, 1);
    finish_all(watchers, WATCHERS);

    check_state(shared->root, RALPH_LOCK_STATE_FREE, NULL);
    CHECK(load(&shared->count[ACQUIRED]) == WORKERS * rounds);
    CHECK(load(&shared->count[PREVIOUS]) == 0 && load(&shared->count[STALE]) == 0);
    report("acquired", ACQUIRED);
    printf("judged %d\n", check_refusals());
    report("refused", REFUSED);
    report("timed_out", TIMED_OUT);
    report("records", RECORDS);
    report("large", LARGE);
    report("probes", PROBES);
    printf("seconds %.1f\n", (now_ms() - began) / 1000);
    return 0;
}
