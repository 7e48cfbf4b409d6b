/* A killed holder's lock stays held as long as a forked child has its descriptor open. */
#include "check.h"


/* The end of this pipe ends the child. */
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
    process child;

    acquire(root, "killed");
    child = start(wait_for_the_end, NULL);
    CHECK(write(starter.to, &child.pid, sizeof child.pid) == sizeof child.pid);
    hear(&starter);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    process parent;
    pid_t child;
    int status;

    /* Adopts the orphan, so that this process can wait for its end. */
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    open_pipe(lifeline);
    parent = start(hold_and_fork, root);
    CHECK(read(parent.from, &child, sizeof child) == sizeof child);
    kill_hard(&parent);

    CHECK(is_locked(root));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "third", &guard, &holder, NULL));
    CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)parent.pid);
    CHECK_TEXT("killed", ralph_lock_metadata_prompt(holder));

    close(lifeline[1]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(!is_locked(root));
    CHECK(try_only(root) == RALPH_LOCK_OK);
    return 0;
}
