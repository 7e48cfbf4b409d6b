/* A process on record that ended without releasing is DEAD, also before its parent has reaped it, and also while a
 * forked child keeps its lock. */
#include "holders.h"

/* The end of this pipe ends the forked child. */
static int lifeline[2];

static void wait_for_the_end(void *unused)
{
    char nothing;

    (void)unused;
    close(lifeline[1]);
    CHECK(read(lifeline[0], &nothing, 1) == 0);
}

static void hold_and_fork(void *root)
{
    acquire(root, "left to a child");
    start(wait_for_the_end, NULL);
    say(&starter, 'h');
    hear(&starter);
}

static void check_dead(const char *root, const process *holder, const char *prompt)
{
    ralph_lock_state state;
    ralph_lock_metadata *metadata;

    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_OTHER, root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(root, &state, &metadata, NULL));
    CHECK(state == RALPH_LOCK_STATE_STALE);
    CHECK(ralph_lock_metadata_pid(metadata) == (uint32_t)holder->pid);
    CHECK_TEXT(prompt, ralph_lock_metadata_prompt(metadata));
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_DEAD);
    ralph_lock_metadata_free(metadata);
}

int main(void)
{
    char *root = new_workspace();
    process holder = hold(root, "is killed");
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;

    CHECK(kill(holder.pid, SIGKILL) == 0);
    until_ended(&holder);
    /* A zombie still has its pid. */
    CHECK(kill(holder.pid, 0) == 0);
    check_dead(root, &holder, "is killed");
    reap(&holder);
    CHECK(kill(holder.pid, 0) == -1 && errno == ESRCH);
    check_dead(root, &holder, "is killed");

    holder = hold(root, "exits");
    say(&holder, 'x');
    finish(&holder);
    check_dead(root, &holder, "exits");

    open_pipe(lifeline);
    holder = start(hold_and_fork, root);
    CHECK(hear(&holder) == 'h');
    kill_hard(&holder);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_OTHER, root);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "next", &guard, &metadata, NULL));
    CHECK_TEXT("left to a child", ralph_lock_metadata_prompt(metadata));
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_DEAD);
    ralph_lock_metadata_free(metadata);
    close(lifeline[1]);
    return 0;
}
