/* Workers that are killed at any moment, some with a child that has their descriptors. */
#ifndef MORTALS_H
#define MORTALS_H

#include "workers.h"

/* By slot: the attempt whose lock a child keeps, while that child runs. */
static int *kept_of;

/* Forks a child, which has the descriptor for some time. */
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

/* The number of the worker, and how often it has been started. */
typedef struct role {
    int slot, life;
} role;

/* Begins a worker that can be killed, and says so to its starter. */
static worker *begin_mortal(const role *mine)
{
    worker *me = begin_work(mine->slot, mine->life, false);

    shared->life[me->life].pid = getpid();
    end_with_starter();
    /* Its children are known by their group, and need not be waited for while it lives. */
    CHECK(setpgid(0, 0) == 0);
    CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    say(&starter, 'b');
    return me;
}

static process start_mortal(role *mine, void (*body)(void *))
{
    process child;

    mine->life = begin_life(0, true);
    child = start(body, mine);
    CHECK(hear(&child) == 'b');
    return child;
}

/* Makes the orphans of killed workers this process's, so that it can wait for their end. */
static void expect_orphans(void)
{
    kept_of = mmap(NULL, SLOTS * sizeof *kept_of, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(kept_of != MAP_FAILED);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
}

/* Checks a lock whose holder has ended while a child keeps it. */
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

/* Chooses which worker to kill: every other time the holder. */
static int choose(worker *self, const role *roles, int many)
{
    int slot, life = shared->attempt[load(&shared->owner)].life;

    if (below(&self->chance, 2) == 0)
        for (slot = 0; slot < many; slot++)
            if (roles[slot].life == life)
                return slot;
    return below(&self->chance, many);
}

static void kill_worker(process *worker, const role *its)
{
    life *life = &shared->life[its->life];
    pid_t group = worker->pid;

    store(&shared->last_doomed, its->life);
    store(&life->doomed, now());
    kill_hard(worker);
    if (!shared->loses_files)
        check_kept(its->slot, its->life);
    while (waitpid(-group, NULL, 0) > 0 || errno == EINTR)
        ;
    CHECK(errno == ECHILD);
    store(&life->gone, now());
    store(&kept_of[its->slot], 0);
    count(KILLS);
}

#endif
