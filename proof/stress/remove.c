/* `remove ROOT REMOVALS`: a user removes, moves away or replaces the lock file or its folder again and again,
 * while processes take the lock. Never are two at one moment told by verify that they have it. */
#include "watchers.h"
#include "workers.h"

enum { WORKERS = 6, WATCHERS = 3 };

/* A gate that is shut, LOCK_EX, while something is removed, and so never between a holder's verify and the end of
 * what it does because of the answer, LOCK_SH. All else happens at any moment. */
static int open_gate(void)
{
    int gate = open(path_of("%s/gate", shared->root), O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    CHECK(gate != -1);
    return gate;
}

/* Works as long as it has the lock, three times at the most. */
static void work_while_it_lasts(worker *me, const ralph_lock_guard *guard, int gate)
{
    int i;

    for (i = 0; i < 3; i++) {
        ralph_lock_status status;

        CHECK(flock(gate, LOCK_SH) == 0);
        status = ralph_lock_guard_verify(guard, NULL);
        if (status == RALPH_LOCK_OK) {
            enter(me);
            dwell(me);
            leave(me);
            count(SECTIONS);
        }
        CHECK(flock(gate, LOCK_UN) == 0);
        if (status != RALPH_LOCK_OK) {
            CHECK_STATUS(RALPH_LOCK_LOST, status);
            count(LOST);
            return;
        }
        sched_yield();
    }
}

static void take_and_verify(void *argument)
{
    worker *me = begin_work(*(int *)argument, begin_life(getpid(), true), false);
    int gate = open_gate();

    end_with_starter();
    while (!load(&shared->stop)) {
        ralph_lock_guard *guard;

        new_wish(me);
        guard = take(me);
        check_previous(me, guard);
        work_while_it_lasts(me, guard, gate);
        give_up(me, guard);
    }
    end_work(me);
}

static void remove_file(const char *file, const char *folder, int how)
{
    char *elsewhere = path_of("%s/elsewhere", shared->root), *inside = path_of("%s/loop.lock", elsewhere);

    switch (how) {
    case 0:
        CHECK(unlink(file) == 0 || errno == ENOENT);
        break;
    case 1:
        write_file(elsewhere, "", 0);
        CHECK(rename(elsewhere, file) == 0 || errno == ENOENT);
        unlink(elsewhere);
        break;
    case 2:
        CHECK(rename(folder, elsewhere) == 0 || errno == ENOENT);
        unlink(inside);
        rmdir(elsewhere);
        break;
    default:
        /* As `rm -rf .ralph` does. A new file may be in the folder already. */
        CHECK(unlink(file) == 0 || errno == ENOENT);
        CHECK(rmdir(folder) == 0 || errno == ENOENT || errno == ENOTEMPTY);
    }
    free(elsewhere);
    free(inside);
}

int main(int arguments, char **argument)
{
    process workers[WORKERS + WATCHERS], *watchers = workers + WORKERS;
    worker self = {0};
    int i, gate, removals;
    char *file, *folder;

    CHECK(arguments == 3);
    begin_storm("removals", argument[1]);
    fill_pool(shared->seed);
    gate = open_gate();
    file = lock_file_of(shared->root);
    folder = path_of("%s/.ralph", shared->root);
    self.chance = shared->seed;
    for (i = 0; i < WORKERS; i++)
        workers[i] = start(take_and_verify, &i);
    start_watchers(watchers, WATCHERS);
    for (removals = 0; removals < atoi(argument[2]); removals++) {
        nap(&self, 800);
        CHECK(flock(gate, LOCK_EX) == 0);
        remove_file(file, folder, below(&self.chance, 5));
        CHECK(flock(gate, LOCK_UN) == 0);
        count(REMOVALS);
        check_all_run(workers, WORKERS + WATCHERS);
    }
    store(&shared->stop, 1);
    finish_all(workers, WORKERS + WATCHERS);
    check_state(shared->root, RALPH_LOCK_STATE_FREE, NULL);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(shared->root));
    report("acquired", ACQUIRED);
    report("removals", REMOVALS);
    report("lost", LOST);
    report("sections", SECTIONS);
    report("records", RECORDS);
    report("large", LARGE);
    return 0;
}
