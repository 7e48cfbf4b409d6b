/* While processes take the lock, release it and are killed, inspect never names a holder that released before the call
 * began, never reports FREE or STALE for a lock that was held throughout, and STALE only if the holder was killed. */
#include "inspecting.h"
#include "threads.h"

#include <sys/mman.h>

enum { WORKERS = 3, INSPECTORS = 1, KILLS = MANY(60), SERIALS = 1 << 20 };

/* Every attempt to get the lock has a number, which is its prompt. Moments are numbered too, across all processes. */
typedef struct board {
    char root[4096];
    int moment;
    int serial;
    /* By number: when the lock was certainly released, and whether its process was about to be killed. */
    int released_at[SERIALS];
    int doomed[SERIALS];
    /* The number that certainly has the lock, until its process is about to be killed. */
    int holding;
    /* The workers' present numbers. */
    int current[WORKERS];
    int stop;
    int seen[3];
} board;

static board *shared;

static int load(const int *place)
{
    return __atomic_load_n(place, __ATOMIC_SEQ_CST);
}

static void store(int *place, int value)
{
    __atomic_store_n(place, value, __ATOMIC_SEQ_CST);
}

static int next(int *place)
{
    return __atomic_add_fetch(place, 1, __ATOMIC_SEQ_CST);
}

static int number_of(const ralph_lock_metadata *holder)
{
    return atoi(ralph_lock_metadata_prompt(holder));
}

/* Checks that the named holder had not released before the call, which began at that moment. */
static void check_named(const ralph_lock_metadata *holder, int began)
{
    int number = number_of(holder);
    int released_at = load(&shared->released_at[number]);

    if (released_at != 0 && released_at < began)
        fail(__FILE__, __LINE__, "%d is named at %d and released at %d", number, began, released_at);
}

static void work(void *argument)
{
    int *current = argument;
    char prompt[16];
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    int number = 0, began, i;
    bool told = false;

    end_with_starter();
    while (!load(&shared->stop)) {
        if (number == 0) {
            number = next(&shared->serial);
            CHECK(number < SERIALS);
            store(current, number);
            snprintf(prompt, sizeof prompt, "%d", number);
        }
        began = next(&shared->moment);
        if (ralph_lock_try_acquire(shared->root, prompt, &guard, &holder, NULL) != RALPH_LOCK_OK) {
            if (holder != NULL)
                check_named(holder, began);
            ralph_lock_metadata_free(holder);
            continue;
        }
        store(&shared->holding, number);
        if (!told)
            say(&starter, 'h');
        told = true;
        for (i = number % 8; i > 0; i--)
            sched_yield();
        store(&shared->holding, 0);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
        store(&shared->released_at[number], next(&shared->moment));
        number = 0;
    }
}

static void inspect(void *unused)
{
    ralph_lock_metadata *metadata;
    ralph_lock_state state;
    int began, before;

    (void)unused;
    end_with_starter();
    while (!load(&shared->stop)) {
        before = load(&shared->holding);
        began = next(&shared->moment);
        state = look(shared->root, &metadata);
        if (before != 0 && load(&shared->holding) == before && !load(&shared->doomed[before])) {
            CHECK(state == RALPH_LOCK_STATE_HELD);
            CHECK(metadata != NULL && number_of(metadata) == before);
        }
        if (state == RALPH_LOCK_STATE_HELD && metadata != NULL)
            check_named(metadata, began);
        if (state == RALPH_LOCK_STATE_STALE)
            CHECK(load(&shared->doomed[number_of(metadata)]));
        ralph_lock_metadata_free(metadata);
        next(&shared->seen[state]);
    }
}

/* Kills a worker, every other time while it has the lock, and notes when the lock is certainly free of it. */
static void kill_worker(process *worker, int *current)
{
    int number;

    if (worker->pid % 2 == 0)
        CHECK(hear(worker) == 'h');
    CHECK(kill(worker->pid, SIGSTOP) == 0);
    CHECK(waitpid(worker->pid, NULL, WUNTRACED) == worker->pid);
    number = load(current);
    store(&shared->doomed[number], 1);
    kill_hard(worker);
    /* It may have released earlier. */
    if (load(&shared->released_at[number]) == 0)
        store(&shared->released_at[number], next(&shared->moment));
}

int main(void)
{
    process workers[WORKERS], inspectors[INSPECTORS];
    int i, kills;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    strcpy(shared->root, new_workspace());
    for (i = 0; i < WORKERS; i++)
        workers[i] = start(work, &shared->current[i]);
    for (i = 0; i < INSPECTORS; i++)
        inspectors[i] = start(inspect, NULL);
    /* Until each answer has come many times. */
    for (kills = 0; kills < KILLS || load(&shared->seen[0]) < 10 || load(&shared->seen[1]) < MANY(1000)
                    || load(&shared->seen[2]) < 10;
         kills++) {
        i = kills % WORKERS;
        CHECK(kills < 100 * KILLS);
        while (load(&shared->current[i]) == 0)
            sched_yield();
        kill_worker(&workers[i], &shared->current[i]);
        store(&shared->current[i], 0);
        workers[i] = start(work, &shared->current[i]);
        /* An inspector that has failed. */
        CHECK(waitpid(inspectors[kills % INSPECTORS].pid, NULL, WNOHANG) == 0);
    }
    store(&shared->stop, 1);
    for (i = 0; i < WORKERS; i++)
        finish(&workers[i]);
    for (i = 0; i < INSPECTORS; i++)
        finish(&inspectors[i]);
    return 0;
}
