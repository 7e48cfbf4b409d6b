/* When the first wait in line is freed, cancelled, timed out or failed, the next one takes its place and watches the lock
 * from then on; a release in between is not lost. */
#include "lines.h"

typedef enum end { FREED, CANCELLED, TIMED_OUT, FAILED, ENDS } end;

static void check_end(end how, bool between)
{
    char *root = new_workspace();
    process holder = hold(root, "holds");
    ralph_lock_options *options = timeout_of(how == TIMED_OUT ? 300 : 1000000);
    ralph_lock_cancel *cancel;
    ralph_lock_waiter *first, *second, *third;
    ralph_lock_guard *guard;
    struct rlimit room, none;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, cancel));
    first = begin(root, options);
    steps_on(first);
    second = begin(root, NULL);
    steps_on(second);
    third = begin(root, NULL);
    steps_on(third);
    if (how != TIMED_OUT)
        until_quiet(first);
    CHECK(!is_readable(second, 0));
    if (how == FAILED) {
        /* The process has no descriptor left, and the wait has to open its file again. */
        CHECK(unlink(lock_file_of(root)) == 0);
        CHECK(getrlimit(RLIMIT_NOFILE, &room) == 0);
        none = room;
        none.rlim_cur = 3;
        CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
        do
            CHECK(is_readable(first, 10000));
        while (ralph_lock_waiter_step(first, &guard, NULL, NULL) == RALPH_LOCK_ALREADY_LOCKED);
        CHECK(setrlimit(RLIMIT_NOFILE, &room) == 0);
        ralph_lock_waiter_free(first);
    } else if (how == FREED) {
        ralph_lock_waiter_free(first);
    } else {
        ralph_lock_status status;

        if (how == CANCELLED)
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
        do
            CHECK(is_readable(first, 10000));
        while ((status = ralph_lock_waiter_step(first, &guard, NULL, NULL)) == RALPH_LOCK_ALREADY_LOCKED);
        CHECK_STATUS(how == CANCELLED ? RALPH_LOCK_CANCELLED : RALPH_LOCK_TIMED_OUT, status);
    }
    CHECK(is_readable(second, 0));
    CHECK(!is_readable(third, 0));
    if (!between && how != FAILED)
        until_quiet(second);
    release_by(&holder);
    do
        CHECK(is_readable(second, 10000));
    while (ralph_lock_waiter_step(second, &guard, NULL, NULL) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK(guard != NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    /* The third gets it too, although other waits had its root open meanwhile. */
    CHECK(is_readable(third, 0));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(gets_it(third)));
    if (how != FREED && how != FAILED)
        ralph_lock_waiter_free(first);
    ralph_lock_waiter_free(second);
    ralph_lock_waiter_free(third);
    ralph_lock_options_free(options);
    ralph_lock_cancel_free(cancel);
    kill_hard(&holder);
}

int main(void)
{
    int how;

    for (how = FREED; how < ENDS; how++) {
        check_end((end)how, false);
        check_end((end)how, true);
    }
    return 0;
}
