/* find_keepers finds a holder whose first thread has ended, and one whose lock is in the descriptor table of a single
 * thread; signal_holder reaches both. */
#include "inspecting.h"
#include "threads.h"

#include <sched.h>

static void *hold_in_thread(void *root)
{
    acquire(root, "a thread's");
    say(&starter, 'h');
    hear(&starter);
    exit(0);
}

static void end_the_first_thread(void *root)
{
    start_thread(hold_in_thread, root);
    pthread_exit(NULL);
}

static void *hold_in_own_table(void *root)
{
    /* What this thread opens from now on is not open in the other threads. */
    if (unshare(CLONE_FILES) == -1)
        exit(77);
    return hold_in_thread(root);
}

static void have_many_tables(void *root)
{
    start_thread(hold_in_own_table, root);
    for (;;)
        pause();
}

static void check_found(void (*body)(void *))
{
    char *root = new_workspace();
    process holder = start(body, root);
    uint32_t pid = 0;
    size_t count = 0;
    int status;

    CHECK(hear(&holder) == 'h');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, &pid, 1, &count, NULL));
    CHECK(count == 1 && pid == (uint32_t)holder.pid);
    check_state(root, RALPH_LOCK_STATE_HELD, "a thread's");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, SIGTERM, NULL));
    status = reap(&holder);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

int main(void)
{
    check_found(end_the_first_thread);
    check_found(have_many_tables);
    return 0;
}
