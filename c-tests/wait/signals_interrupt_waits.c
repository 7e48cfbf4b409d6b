/* A signal handler without SA_RESTART ends a wait with INTERRUPTED; nothing is left behind, and a new wait works. */
#include "check.h"

static volatile sig_atomic_t handled;

static void handle(int number)
{
    (void)number;
    handled++;
}

/* The kinds of wait. */
typedef enum kind { UNLIMITED, NEW_OPTIONS, TIMEOUT, CANCEL } kind;

typedef struct call {
    const char *root;
    kind how;
    ralph_lock_options *options;
} call;

static ralph_lock_status wait_as_told(const call *what, ralph_lock_guard **guard, ralph_lock_error **error)
{
    if (what->how == UNLIMITED)
        return ralph_lock_acquire_blocking(what->root, "waits", guard, error);
    return ralph_lock_acquire_with(what->root, "waits", what->options, guard, NULL, error);
}

static void wait_body(void *argument)
{
    call *what = argument;
    struct sigaction action = {0};
    ralph_lock_cancel *cancel;
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    int round, descriptors = 0;

    what->options = ralph_lock_options_new();
    if (what->how == TIMEOUT)
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_timeout_ms(what->options, 60000));
    if (what->how == CANCEL) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(what->options, cancel));
    }
    action.sa_handler = handle;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    /* The first round leaves a descriptor that the next ones use. */
    for (round = 0; round < 3; round++) {
        if (round == 1)
            descriptors = open_descriptors();
        say(&starter, 'w');
        CHECK_STATUS(RALPH_LOCK_INTERRUPTED, wait_as_told(what, &guard, &error));
        CHECK(guard == NULL);
        CHECK_STATUS(RALPH_LOCK_INTERRUPTED, ralph_lock_error_status(error));
        CHECK_TEXT(lock_file_of(what->root), ralph_lock_error_path(error));
        ralph_lock_error_free(error);
        CHECK(handled > 0);
        say(&starter, 'i');
        CHECK(hear(&starter) == 'n');
    }
    CHECK(open_descriptors() == descriptors);
    say(&starter, 'w');
    CHECK_STATUS(RALPH_LOCK_OK, wait_as_told(what, &guard, &error));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void check_interrupts(kind how)
{
    char *root = new_workspace();
    process holder = hold(root, "stays");
    char *record = read_file(lock_file_of(root), NULL);
    call what = {root, how, NULL};
    process waiter;
    int round;

    waiter = start(wait_body, &what);
    for (round = 0; round < 3; round++) {
        struct pollfd polled = {waiter.from, POLLIN, 0};

        CHECK(hear(&waiter) == 'w');
        until_asleep(waiter.pid);
        /* A signal between two sleeps interrupts nothing: it is sent again. */
        do
            CHECK(kill(waiter.pid, SIGUSR1) == 0);
        while (poll(&polled, 1, 300) == 0);
        CHECK(hear(&waiter) == 'i');
        CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
        check_held(root, "stays");
        say(&waiter, 'n');
    }
    CHECK(hear(&waiter) == 'w');
    until_asleep(waiter.pid);
    say(&holder, 'r');
    finish(&waiter);
    kill_hard(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
}

int main(void)
{
    check_interrupts(UNLIMITED);
    check_interrupts(NEW_OPTIONS);
    check_interrupts(TIMEOUT);
    check_interrupts(CANCEL);
    return 0;
}
