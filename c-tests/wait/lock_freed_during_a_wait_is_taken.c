/* A wait takes a lock that becomes free during it, whatever its timeout. */
#include "check.h"

typedef struct call {
    const char *root;
    uint64_t timeout;
} call;

static void wait_body(void *argument)
{
    const call *what = argument;
    ralph_lock_options *options = timeout_of(what->timeout);
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;

    say(&starter, 'w');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_with(what->root, "next", options, &guard, &holder, &error));
    CHECK(holder == NULL && error == NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_held(what->root, "next");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    ralph_lock_options_free(options);
}

int main(void)
{
    /* The last three: more nanoseconds than 64 bits can count; the greatest finite timeout; no timeout. */
    static const uint64_t timeouts[] = {60000,           UINT32_MAX,     (uint64_t)INT64_MAX / 1000000 + 1,
                                        INT64_MAX,       UINT64_MAX - 1, UINT64_MAX};
    char *root = new_workspace();
    process holder, waiter;
    size_t i;

    for (i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        call what = {root, 0};

        what.timeout = timeouts[i];
        holder = hold(root, "now");
        waiter = start(wait_body, &what);
        CHECK(hear(&waiter) == 'w');
        until_asleep(waiter.pid);
        check_held(root, "now");
        say(&holder, 'r');
        finish(&waiter);
        CHECK(is_blank(lock_file_of(root)));
        say(&holder, 'x');
        finish(&holder);
    }
    return 0;
}
