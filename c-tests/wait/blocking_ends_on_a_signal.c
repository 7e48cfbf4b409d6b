/* A signal ends acquire_blocking with INTERRUPTED, unless its handler has SA_RESTART. */
#include "check.h"

static void tell(int signal)
{
    (void)signal;
    say(&starter, 's');
}

static void handle(int signal, int flags)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = tell;
    action.sa_flags = flags;
    CHECK(sigaction(signal, &action, NULL) == 0);
}

static void wait_for_the_lock(void *root)
{
    int descriptors = open_descriptors();
    ralph_lock_guard *guard = (ralph_lock_guard *)&guard;
    ralph_lock_error *error;

    handle(SIGUSR1, 0);
    handle(SIGUSR2, SA_RESTART);
    CHECK_STATUS(RALPH_LOCK_INTERRUPTED, ralph_lock_acquire_blocking(root, "waiter", &guard, &error));
    CHECK(guard == NULL);
    CHECK(ralph_lock_error_status(error) == RALPH_LOCK_INTERRUPTED);
    CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
    ralph_lock_error_free(error);
    CHECK(open_descriptors() == descriptors);
    say(&starter, 'i');

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "waiter", &guard, &error));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "holder");
    char *record = read_file(lock_file_of(root), NULL);
    process waiter = start(wait_for_the_lock, root);

    until_blocked(waiter.pid);
    CHECK(kill(waiter.pid, SIGUSR1) == 0);
    CHECK(hear(&waiter) == 's');
    CHECK(hear(&waiter) == 'i');
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));

    until_blocked(waiter.pid);
    CHECK(kill(waiter.pid, SIGUSR2) == 0);
    CHECK(hear(&waiter) == 's');
    until_blocked(waiter.pid);

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    finish(&waiter);
    CHECK(!is_locked(root));
    return 0;
}
