/* However the lock file disappears, the root's lock keeps the workspace: another process can take it only after the
 * holder has released. */
#include "removing.h"

static void check_told(const char *removal)
{
    char *root = new_workspace();
    process holder = hold(root, "holder");

    run_in(root, removal);
    check_root_held(root, holder.pid);
    kill_hard(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    CHECK(!is_locked(root));
}

static void check_waits_go_on(const char *removal)
{
    char *root = new_workspace();
    process holder = hold(root, "holder");
    process waiters[3];
    int i;

    for (i = 0; i < 3; i++)
        waiters[i] = start_waiting(root, "waits", (way)i);
    run_in(root, removal);
    for (i = 0; i < 20; i++) {
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
        CHECK(is_locked(root));
    }
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    say(&holder, 'x');
    finish(&holder);
    /* In any order. */
    for (i = 0; i < 3; i++) {
        struct pollfd polled[3];
        int other;

        for (other = 0; other < 3; other++) {
            polled[other].fd = waiters[other].pid == 0 ? -1 : waiters[other].from;
            polled[other].events = POLLIN;
            polled[other].revents = 0;
        }
        CHECK(poll(polled, 3, -1) >= 1);
        for (other = 0; polled[other].revents == 0; other++)
            ;
        CHECK(hear(&waiters[other]) == 'g');
        check_held(root, "waits");
        say(&waiters[other], 'x');
        finish(&waiters[other]);
        waiters[other].pid = 0;
    }
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
}

int main(void)
{
    int i;

    for (i = 0; i < REMOVAL_COUNT; i++) {
        check_told(REMOVALS[i]);
        check_waits_go_on(REMOVALS[i]);
    }
    return 0;
}
