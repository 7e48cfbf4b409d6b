/* `kill ROOT KILLS`: processes that take the lock are killed at any moment, some with a child that has their
 * descriptor. Nobody is named who had let go, the next holder is told of the dead one, and in the end the lock is
 * free. */
#include "watchers.h"
#include "workers.h"

enum { WORKERS = 5, WATCHERS = 4 };

/* By slot: the number whose lock a child would keep, while that child runs. */
static int *kept_of;

/* A child that has the descriptor, for some time. */
static void leave_a_child(worker *me)
{
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0) {
        store(&kept_of[me->slot], me->serial);
        nap(me, 60000);
        swap(&kept_of[me->slot], me->serial, 0);
        _exit(0);
    }
}

/* Which worker, and which life. */
typedef struct role {
    int slot, life;
} role;

static void take_and_be_killed(void *argument)
{
    const role *mine = argument;
    worker *me = begin_work(mine->slot, mine->life, false);

    shared->life[me->life].pid = getpid();
    end_with_starter();
    /* Its children are known by their group, and nobody has to wait for them while it lives. */
    CHECK(setpgid(0, 0) == 0);
    CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    say(&starter, 'b');
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

static process start_worker(role *mine)
{
    process child;

    mine->life = begin_life(0, true);
    child = start(take_and_be_killed, mine);
    CHECK(hear(&child) == 'b');
    return child;
}

/* Looks at a lock whose holder has ended, as long as a child keeps it. */
static void check_kept(int slot, int life)
{
    int serial = load(&shared->owner);
    ralph_lock_metadata *record;
    ralph_lock_state state;

    if (serial == 0 || shared->attempt[serial].life != life || load(&kept_of[slot]) != serial)
        return;
    state = look(shared->root, &record);
    if (load(&kept_of[slot]) == serial) {
        if (state != RALPH_LOCK_STATE_HELD || record == NULL
            || (pid_t)ralph_lock_metadata_pid(record) != shared->life[life].pid
            || ralph_lock_metadata_liveness(record) != RALPH_LOCK_LIVENESS_DEAD)
            fail(__FILE__, __LINE__,
                 "a child keeps the lock of number %d of process %d, and state %d of process %d is seen", serial,
                 (int)shared->life[life].pid, (int)state, (int)ralph_lock_metadata_pid(record));
        check_record(record);
        count(KEPT);
    }
    ralph_lock_metadata_free(record);
}

/* Whom to kill: every other time who has the lock. */
static int choose(worker *self, const role *roles)
{
    int slot, life = shared->attempt[load(&shared->owner)].life;

    if (below(&self->chance, 2) == 0)
        for (slot = 0; slot < WORKERS; slot++)
            if (roles[slot].life == life)
                return slot;
    return below(&self->chance, WORKERS);
}

static void kill_worker(process *worker, const role *its)
{
    life *life = &shared->life[its->life];
    pid_t group = worker->pid;

    store(&shared->last_doomed, its->life);
    store(&life->doomed, now());
    kill_hard(worker);
    check_kept(its->slot, its->life);
    while (waitpid(-group, NULL, 0) > 0 || errno == EINTR)
        ;
    CHECK(errno == ECHILD);
    store(&life->gone, now());
    store(&kept_of[its->slot], 0);
    count(KILLS);
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
    kept_of = mmap(NULL, SLOTS * sizeof *kept_of, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(kept_of != MAP_FAILED);
    /* Makes orphans ours, so that their end can be waited for. */
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    self.chance = shared->seed;
    for (i = 0; i < WORKERS; i++) {
        roles[i].slot = i;
        workers[i] = start_worker(&roles[i]);
    }
    start_watchers(watchers, WATCHERS);
    for (kills = 0; kills < atoi(argument[2]); kills++) {
        nap(&self, 10000);
        i = choose(&self, roles);
        kill_worker(&workers[i], &roles[i]);
        workers[i] = start_worker(&roles[i]);
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
