/* In a forked child the line is empty: its wait acts at once, whichever waits stand in line in the parent, and whatever the
 * parent's threads were doing to their line at the fork. */
#include "check.h"
#include "threads.h"

#define FORKS MANY(60)

static char *root;

/* Nothing in the parent steps meanwhile. */
static void wait_in_child(void *argument)
{
    ralph_lock_waiter *waiter;
    ralph_lock_guard *guard;
    int instances, watches;

    (void)argument;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "child", NULL, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    /* The first in line watches: the parent's instance is here too. */
    count_inotify(&instances, &watches);
    say(&starter, instances < 2 || watches == 2 ? 'w' : 'n');
    do {
        struct pollfd polled = {ralph_lock_waiter_fd(waiter), POLLIN, 0};

        CHECK(poll(&polled, 1, 60000) == 1);
    } while (ralph_lock_waiter_step(waiter, &guard, NULL, NULL) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK(guard != NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    ralph_lock_waiter_free(waiter);
}

static void check_child(void)
{
    process holder = hold(root, "holds"), child;
    ralph_lock_waiter *waiters[3];
    ralph_lock_guard *guard;
    int i;

    for (i = 0; i < 3; i++) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "parent", NULL, &waiters[i], NULL));
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiters[i], &guard, NULL, NULL));
    }
    child = start(wait_in_child, NULL);
    CHECK(hear(&child) == 'w');
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    finish(&child);
    /* The parent's line is as it was. */
    for (i = 0; i < 3; i++) {
        struct pollfd polled = {ralph_lock_waiter_fd(waiters[i]), POLLIN, 0};

        while (ralph_lock_waiter_step(waiters[i], &guard, NULL, NULL) == RALPH_LOCK_ALREADY_LOCKED)
            CHECK(poll(&polled, 1, 60000) == 1);
        CHECK(guard != NULL);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
        ralph_lock_waiter_free(waiters[i]);
    }
    say(&holder, 'x');
    finish(&holder);
}

static bool stop;

static void *come_and_go(void *argument)
{
    ralph_lock_options *brief = timeout_of(1);

    (void)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(root, brief));
    ralph_lock_options_free(brief);
    return NULL;
}

static void time_out(void *argument)
{
    ralph_lock_options *brief = timeout_of(1);

    (void)argument;
    alarm(60);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(root, brief));
    ralph_lock_options_free(brief);
}

static void check_storm(void)
{
    process holder = hold(root, "holds");
    pthread_t threads[4];
    int i;

    for (i = 0; i < 4; i++)
        threads[i] = start_thread(come_and_go, NULL);
    for (i = 0; i < FORKS; i++) {
        process child = start(time_out, NULL);

        finish(&child);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (i = 0; i < 4; i++)
        join(threads[i]);
    kill_hard(&holder);
}

int main(void)
{
    root = new_workspace();
    check_child();
    check_storm();
    return 0;
}
