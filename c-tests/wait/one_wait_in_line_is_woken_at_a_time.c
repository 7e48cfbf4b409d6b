/* Of many waits of a process for one lock, however its root is spelled, only the first in line is woken: by a release,
 * and by the end of the wait before it. Each gets the lock in its turn, and a wait that begins meanwhile stands behind them. */
#include "lines.h"

#define WAITS 60

static ralph_lock_waiter *waiters[WAITS];

/* Whether that waiter is readable, and none behind it. */
static bool is_only(int number)
{
    int i;

    for (i = number + 1; i < WAITS; i++)
        if (is_readable(waiters[i], 0))
            return false;
    return is_readable(waiters[number], 10000);
}

int main(void)
{
    char *root = new_workspace(), *spelled[3];
    process holder = hold(root, "holds");
    ralph_lock_options *own_file = ralph_lock_options_new();
    ralph_lock_guard *guard, *before = NULL;
    int i;

    spelled[0] = root;
    spelled[1] = path_of("%s/./", root);
    spelled[2] = path_of("%s", strrchr(root, '/') + 1);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(own_file, "./.ralph//loop.lock"));
    clock_stands = true;
    for (i = 0; i < WAITS; i++) {
        waiters[i] = begin(spelled[i % 3], i % 2 == 0 ? own_file : NULL);
        steps_on(waiters[i]);
    }
    clock_stands = false;
    until_quiet(waiters[0]);
    clock_stands = true;
    for (i = 0; i < WAITS; i++)
        CHECK(!is_readable(waiters[i], 0));
    release_by(&holder);
    for (i = 0; i < WAITS; i++) {
        ralph_lock_waiter *late = begin(root, NULL);

        CHECK(is_only(i));
        /* The lock is free, or its holder has just released it: a new wait leaves it to the first. */
        steps_on(late);
        guard = gets_it(waiters[i]);
        if (i + 1 < WAITS) {
            /* The end of a wait rings the next one, which looks once and then sleeps until the release. */
            CHECK(is_only(i + 1));
            steps_on(waiters[i + 1]);
            CHECK(!is_readable(waiters[i + 1], 0));
        }
        CHECK(before == NULL);
        before = guard;
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(before));
        before = NULL;
        ralph_lock_waiter_free(waiters[i]);
        ralph_lock_waiter_free(late);
    }
    CHECK(!is_locked(root));
    ralph_lock_options_free(own_file);
    say(&holder, 'x');
    finish(&holder);
    return 0;
}
