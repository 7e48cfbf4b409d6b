/* Where /proc is missing, shows another pid namespace or hides a process, the holder is UNKNOWN, or DEAD when no
 * process has its pid, and never taken for another. No keeper is reported by another namespace's pid. */
#include "holders.h"

/* The records of a dead and a live holder. */
static char *dead, *live;

static void cover_proc(void)
{
    CHECK(mount("none", "/proc", "tmpfs", 0, "") == 0);
    CHECK(access("/proc/self", F_OK) == -1);
}

static void keepers_cannot_be_told(const char *root)
{
    uint32_t pid;
    size_t count;

    CHECK_STATUS(RALPH_LOCK_UNSUPPORTED_PLATFORM, ralph_lock_find_keepers(root, &pid, 1, &count, NULL));
    CHECK(count == 0);
}

/* A process that never saw /proc does not know its own namespace either. */
static void ask_without_proc(void *root)
{
    ralph_lock_guard *guard;

    have_private_mounts();
    cover_proc();
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_UNKNOWN, live);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_UNKNOWN, dead);
    guard = acquire(root, "knows nothing of itself");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_UNKNOWN, root);
    keepers_cannot_be_told(root);
    say(&starter, 'h');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void ask_when_proc_is_gone(void *unused)
{
    (void)unused;
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, live);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_OTHER, dead);
    have_private_mounts();
    cover_proc();
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_UNKNOWN, live);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_UNKNOWN, dead);
}

/* Process 1 of a pid namespace whose /proc shows other processes under the pids that it sees. */
static void ask_in_a_foreign_proc(void *root)
{
    process holder = hold(root, "contained");
    ralph_lock_metadata *metadata = on_record(root);

    CHECK(ralph_lock_metadata_pid(metadata) == 2);
    if (access("/proc/2/stat", F_OK) == -1) {
        /* In the outer namespace process 2 has ended: its pid cannot be taken for the holder's. */
        kill_hard(&holder);
        ralph_lock_metadata_free(metadata);
        return;
    }
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_UNKNOWN, root);
    keepers_cannot_be_told(root);
    kill_hard(&holder);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_UNKNOWN, root);
    ralph_lock_metadata_free(metadata);
}

/* Processes of a pid namespace whose /proc shows each user only that user's processes. */
static void ask_in_a_hiding_proc_unprivileged(void *unused)
{
    (void)unused;
    CHECK(kill(2, 0) == -1 && errno == EPERM && access("/proc/2", F_OK) == -1);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_OTHER, ".");
}

static void ask_in_a_hiding_proc(void *root)
{
    process holder;

    mount_own_proc("hidepid=2");
    CHECK(chdir(root) == 0 && chmod(".", 0755) == 0);
    holder = hold(".", "hidden");
    CHECK(holder.pid == 2);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, ".");
    if (geteuid() != 0)
        skip("only root can become another user");
    run_unprivileged(ask_in_a_hiding_proc_unprivileged, NULL);
    kill_hard(&holder);
}

static void in_a_pid_namespace(void (*body)(void *), void *argument)
{
    process first;

    begin_pid_namespace();
    first = start(body, argument);
    finish_or_skip(&first);
}

static void with_a_foreign_proc(void *root)
{
    in_a_pid_namespace(ask_in_a_foreign_proc, root);
}

static void with_a_hiding_proc(void *root)
{
    in_a_pid_namespace(ask_in_a_hiding_proc, root);
}

int main(void)
{
    char *root = new_workspace();
    process holder, asker;

    dead = new_workspace();
    live = new_workspace();
    holder = hold(dead, "dead");
    kill_hard(&holder);
    holder = hold(live, "live");

    asker = start(ask_without_proc, root);
    if (hear(&asker) == 'h') {
        CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_UNKNOWN, root);
        say(&asker, 'x');
    }
    finish_or_skip(&asker);
    asker = start(ask_when_proc_is_gone, NULL);
    finish_or_skip(&asker);
    asker = start(with_a_foreign_proc, root);
    finish_or_skip(&asker);
    asker = start(with_a_hiding_proc, new_workspace());
    finish_or_skip(&asker);
    kill_hard(&holder);
    return 0;
}
