/* For a process that the holder did not start, such as its own parent, and for one whose chain of parents a death has
 * broken, the holder is OTHER. */
#include "holders.h"

static char *root;

static void sibling(void *unused)
{
    (void)unused;
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, root);
}

/* Its parent ends before it asks. */
static void orphan(void *liveness)
{
    pid_t parent = getppid();
    pid_t self = getpid();

    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_ANCESTOR, root);
    CHECK(write(starter.to, &self, sizeof self) == sizeof self);
    /* The pipe closes just before the parent is gone. */
    CHECK(hear(&starter) == '\0');
    while (getppid() == parent)
        sched_yield();
    CHECK_HOLDER(*(ralph_lock_liveness *)liveness, RALPH_LOCK_RELATION_OTHER, root);
}

/* Starts an orphan and reports its pid. */
static void leave_an_orphan(ralph_lock_liveness liveness)
{
    process child = start(orphan, &liveness);
    pid_t pid;

    CHECK(read(child.from, &pid, sizeof pid) == sizeof pid);
    CHECK(write(starter.to, &pid, sizeof pid) == sizeof pid);
    hear(&starter);
}

static void parent_body(void *unused)
{
    (void)unused;
    leave_an_orphan(RALPH_LOCK_LIVENESS_LIVE);
}

/* The child of a holder that dies. */
static void holding_parent_body(void *unused)
{
    (void)unused;
    acquire(root, "dies");
    leave_an_orphan(RALPH_LOCK_LIVENESS_DEAD);
}

/* The grandchild of a holder whose child dies. */
static void holding_grandparent_body(void *unused)
{
    ralph_lock_guard *guard = acquire(root, "lives on");
    process parent = start(parent_body, NULL);
    pid_t pid;

    (void)unused;
    CHECK(read(parent.from, &pid, sizeof pid) == sizeof pid);
    kill_hard(&parent);
    CHECK(write(starter.to, &pid, sizeof pid) == sizeof pid);
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

/* Waits for the end of an orphan, which has become a child of this process. */
static void finish_orphan(pid_t pid)
{
    int status;

    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    process holder, other;
    pid_t pid;

    root = new_workspace();
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);

    holder = hold(root, "a child's");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, root);
    other = start(sibling, NULL);
    finish(&other);
    kill_hard(&holder);

    holder = start(holding_parent_body, NULL);
    CHECK(read(holder.from, &pid, sizeof pid) == sizeof pid);
    kill_hard(&holder);
    finish_orphan(pid);

    holder = start(holding_grandparent_body, NULL);
    CHECK(read(holder.from, &pid, sizeof pid) == sizeof pid);
    finish_orphan(pid);
    say(&holder, 'x');
    finish(&holder);
    return 0;
}
