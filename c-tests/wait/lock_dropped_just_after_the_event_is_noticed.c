/* A waiter that an event wakes too early looks again soon: the kernel reports a close before it drops the lock. */
#include "check.h"

static double hand_off(way how)
{
    char *root = new_workspace();
    char *file = lock_file_of(root);
    process waiter;
    double dropped, took;
    int held, closed;
    long sleeps, now;

    write_file(file, "", 0);
    held = open(file, O_RDWR | O_CLOEXEC);
    CHECK(held >= 0 && flock(held, LOCK_EX) == 0);
    waiter = start_waiting(root, "next", how);
    /* After the fork, so that the waiter has no copy. */
    closed = open(file, O_RDWR | O_CLOEXEC);
    CHECK(closed >= 0);
    do
        sleeps = sleeps_of(waiter.pid);
    while (sleeps == -1);
    /* The close raises the event; the unlock raises none. */
    CHECK(close(closed) == 0);
    do
        now = sleeps_of(waiter.pid);
    while (now == -1 || now == sleeps);
    /* The waiter has looked, and sleeps again. */
    CHECK(flock(held, LOCK_UN) == 0);
    dropped = now_ms();
    CHECK(hear(&waiter) == 'g');
    took = now_ms() - dropped;
    say(&waiter, 'x');
    finish(&waiter);
    CHECK(close(held) == 0);
    return took;
}

int main(void)
{
    static const way ways[] = {TIMED, STEPPED};
    size_t i;
    int attempt;

    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        /* It looks for 4 ms, in which this process might not be scheduled. */
        for (attempt = 0; hand_off(ways[i]) > LATE; attempt++)
            CHECK(attempt < 10);
    }
    return 0;
}
