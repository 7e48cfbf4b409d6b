/* The process on record is LIVE as long as it runs, also as another user, and also after its first thread has ended. */
#include "holders.h"
#include "threads.h"

/* Only a process whose first thread ended before the first call identifies itself from another thread. */
static void *outlive_the_first_thread(void *root)
{
    ralph_lock_guard *guard;

    while (stat_of(getpid())[0] != 'Z')
        sched_yield();
    guard = acquire(root, "the second thread");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, root);
    say(&starter, 'h');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    exit(0);
}

static void end_the_first_thread(void *root)
{
    start_thread(outlive_the_first_thread, root);
    pthread_exit(NULL);
}

static void hold_unprivileged_body(void *what)
{
    if (setgroups(0, NULL) == -1 || setgid(NOBODY) == -1 || setuid(NOBODY) == -1)
        skip("this user cannot become another one");
    hold_body(what);
}

static void ask_unprivileged(void *pid)
{
    CHECK(kill(*(pid_t *)pid, 0) == -1 && errno == EPERM);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, ".");
}

int main(void)
{
    char *root = new_workspace();
    char host[256] = "";
    holding unprivileged_holder = {".", "unprivileged"};
    process holder = hold(root, "runs");
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;

    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, root);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "second", &guard, &metadata, NULL));
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_LIVE);
    CHECK(gethostname(host, sizeof host - 1) == 0);
    CHECK_TEXT(host, ralph_lock_metadata_host(metadata));
    /* Liveness is determined at each call. */
    kill_hard(&holder);
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_DEAD);
    ralph_lock_metadata_free(metadata);

    holder = start(end_the_first_thread, root);
    CHECK(hear(&holder) == 'h');
    CHECK(stat_of(holder.pid)[0] == 'Z');
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, root);
    CHECK(kill(holder.pid, SIGKILL) == 0);
    until_ended(&holder);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_OTHER, root);
    reap(&holder);

    if (geteuid() != 0)
        skip("only root can become another user");
    /* The directories above the workspace may be closed to other users. */
    CHECK(chdir(root) == 0 && chmod(".", 0755) == 0);
    CHECK(chmod(".ralph", 0777) == 0 && chmod(RALPH_LOCK_FILE, 0666) == 0);
    holder = start(hold_unprivileged_body, &unprivileged_holder);
    if (hear(&holder) == 'h') {
        CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, ".");
        say(&holder, 'x');
    }
    finish_or_skip(&holder);

    holder = hold(".", "root");
    run_unprivileged(ask_unprivileged, &holder.pid);
    kill_hard(&holder);
    return 0;
}
