/* A killed holder that is not reaped yet is not taken for the holder while another program has the lock: try_acquire,
 * inspect and signal_holder name none. While its own child keeps the lock, all three name it. */
#include "inspecting.h"

static void until_unreaped(const process *holder)
{
    siginfo_t ended;

    CHECK(waitid(P_PID, (id_t)holder->pid, &ended, WEXITED | WNOWAIT) == 0 && ended.si_pid == holder->pid);
    CHECK(kill(holder->pid, 0) == 0);
}

static void die_holding(void *argument)
{
    const holding *what = argument;

    acquire(what->root, what->prompt);
    raise(SIGKILL);
}

/* Leaves a holder's record, and the holder as a zombie. */
static process die_unreaped(const char *root, const char *prompt)
{
    holding what = {root, prompt};
    process holder = start(die_holding, &what);

    until_unreaped(&holder);
    return holder;
}

static void of_another_program(const char *root)
{
    process dead = die_unreaped(root, "dead"), other;

    check_state(root, RALPH_LOCK_STATE_STALE, "dead");
    other = hold_plainly(root, LOCK_EX);
    check_held_by_an_unknown_holder(root);
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    CHECK_STATUS(RALPH_LOCK_PARSE, ralph_lock_signal_holder(root, 0, NULL));
    reap(&dead);
    check_held_by_an_unknown_holder(root);
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    dismiss(&other);
}

static void of_its_own_child(const char *root)
{
    holding what = {root, "left to a child"};
    ralph_lock_metadata *metadata;
    process holder;
    kept lock;

    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    open_pipe(keepers_line);
    holder = start(holder_of_keeper_body, &what);
    CHECK(read(holder.from, &lock.keeper, sizeof lock.keeper) == sizeof lock.keeper);
    lock.dead = holder.pid;
    CHECK(kill(holder.pid, SIGKILL) == 0);
    until_unreaped(&holder);
    check_held(root, "left to a child");
    CHECK(look(root, &metadata) == RALPH_LOCK_STATE_HELD);
    CHECK(ralph_lock_metadata_pid(metadata) == (uint32_t)lock.dead);
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_DEAD);
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_signal_holder(root, 0, NULL));
    reap(&holder);
    end_keeper(&lock);
}

int main(void)
{
    char *root = new_workspace();

    of_another_program(root);
    of_its_own_child(new_workspace());
    CHECK(try_only(root) == RALPH_LOCK_OK);
    return 0;
}
