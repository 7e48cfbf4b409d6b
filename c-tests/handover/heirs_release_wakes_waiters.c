/* The heir's release wakes waiters, although its parent still has the descriptor open. */
#include "check.h"
#include "handover.h"

typedef struct inheritance {
    const char *root;
    int fd;
} inheritance;

static void heir_body(void *argument)
{
    inheritance *what = argument;
    ralph_lock_guard *guard = adopt(what->root, "heir", what->fd);

    say(&starter, 'a');
    CHECK(hear(&starter) == 'r');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    /* Its end would wake waiters too. */
    hear(&starter);
}

/* Milliseconds from the release until the waiter has the lock. */
static double hand_off(way how, bool waits_for_heir)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "parent");
    inheritance what = {root, -1};
    process waiter = {0, -1, -1}, heir;
    double released, took;

    if (!waits_for_heir)
        waiter = start_waiting(root, "next", how);
    what.fd = into_fd(guard);
    heir = start(heir_body, &what);
    CHECK(hear(&heir) == 'a');
    check_holder(root, heir.pid, "heir");
    if (waits_for_heir)
        waiter = start_waiting(root, "next", how);
    else
        until_asleep(waiter.pid);
    CHECK(!is_spoken_to(&waiter));

    released = now_ms();
    say(&heir, 'r');
    CHECK(hear(&waiter) == 'g');
    took = now_ms() - released;
    check_holder(root, waiter.pid, "next");
    CHECK(fcntl(what.fd, F_GETFD) == 0);
    say(&waiter, 'x');
    finish(&waiter);
    say(&heir, 'x');
    finish(&heir);
    check_free(root);
    close(what.fd);
    return took;
}

int main(void)
{
    int how, attempt;

    for (how = BLOCKING; how <= STEPPED; how++) {
        /* A waiter that no event wakes looks again after a second. */
        for (attempt = 0; hand_off((way)how, true) > LATE; attempt++)
            CHECK(attempt < 3);
        for (attempt = 0; hand_off((way)how, false) > LATE; attempt++)
            CHECK(attempt < 3);
    }
    return 0;
}
