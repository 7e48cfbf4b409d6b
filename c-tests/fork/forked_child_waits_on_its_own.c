/* Parent and forked child wait at the same time without sharing descriptors, and descriptors of the child stay open. */
#include "check.h"
#include "threads.h"

#include <pthread.h>

static char *first, *second;

static void *wait_in_thread(void *argument)
{
    ralph_lock_guard *guard = wait_for(argument, "parent", TIMED);

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return NULL;
}

static void child_body(void *argument)
{
    way how = *(way *)argument;
    ralph_lock_guard *guard;

    say(&starter, 'w');
    guard = wait_for(second, "child", how);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    say(&starter, 'd');
    hear(&starter);
}

/* Each is woken by its own lock, well before it would have looked again. */
static double both_wait(way how)
{
    process holders[2], child;
    pthread_t thread;
    double released, took;

    holders[0] = hold(first, "one");
    holders[1] = hold(second, "two");
    CHECK(pthread_create(&thread, NULL, wait_in_thread, first) == 0);
    /* The main thread forks while another thread waits. */
    child = start(child_body, &how);
    CHECK(hear(&child) == 'w');
    until_asleep(child.pid);
    released = now_ms();
    say(&holders[1], 'r');
    CHECK(hear(&child) == 'd');
    took = now_ms() - released;
    released = now_ms();
    say(&holders[0], 'r');
    CHECK(pthread_join(thread, NULL) == 0);
    took += now_ms() - released;
    say(&child, 'x');
    finish(&child);
    kill_hard(&holders[0]);
    kill_hard(&holders[1]);
    return took;
}

/* A daemon closes all inherited descriptors; its own files then get these numbers. */
static void daemon_body(void *argument)
{
    ralph_lock_options *brief = timeout_of(50);
    struct stat null, found;
    int fds[64], fd, i;

    (void)argument;
    for (fd = 3; fd < 4096; fd++)
        close(fd);
    for (i = 0; i < 64; i++)
        CHECK((fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) == 3 + i);
    CHECK(fstat(fds[0], &null) == 0);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(first, brief));
    for (i = 0; i < 64; i++)
        CHECK(fstat(fds[i], &found) == 0 && found.st_rdev == null.st_rdev);
}

/* The child does not use the inotify instance that its parent keeps for later waits: no watch appears in it. */
static void check_not_shared(void)
{
    process holder = hold(second, "two"), child;
    way how = TIMED;
    int instances, watches;

    child = start(child_body, &how);
    CHECK(hear(&child) == 'w');
    until_asleep(child.pid);
    count_inotify(&instances, &watches);
    CHECK(watches == 0);
    say(&holder, 'r');
    CHECK(hear(&child) == 'd');
    say(&child, 'x');
    finish(&child);
    kill_hard(&holder);
}

int main(void)
{
    static const way ways[] = {TIMED, STEPPED};
    ralph_lock_options *brief = timeout_of(20);
    process holder, child;
    size_t i;
    int attempt;

    first = new_workspace();
    second = new_workspace();
    /* An inotify instance exists when the child is forked. */
    holder = hold(first, "stays");
    for (i = 0; i < 3; i++)
        CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(first, brief));
    child = start(daemon_body, NULL);
    finish(&child);
    kill_hard(&holder);
    check_not_shared();

    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        for (attempt = 0; both_wait(ways[i]) > LATE; attempt++)
            CHECK(attempt < 2);
    }
    return 0;
}
