/* A waiter's steps end with the lock, TIMED_OUT or CANCELLED and never block; freeing it leaves nothing behind. */
#include "check.h"

static bool is_readable(int fd, int milliseconds)
{
    struct pollfd polled = {fd, POLLIN, 0};

    return poll(&polled, 1, milliseconds) == 1;
}

static ralph_lock_waiter *new_waiter(const char *root, const ralph_lock_options *options)
{
    ralph_lock_waiter *waiter;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "waits", options, &waiter, &error));
    CHECK(waiter != NULL && error == NULL);
    return waiter;
}

/* Steps whenever the waiter asks for it until the wait ends; returns its status. */
static ralph_lock_status step_to_end(ralph_lock_waiter *waiter, ralph_lock_guard **guard, ralph_lock_metadata **holder)
{
    int fd = ralph_lock_waiter_fd(waiter);
    ralph_lock_status status;

    while ((status = ralph_lock_waiter_step(waiter, guard, holder, NULL)) == RALPH_LOCK_ALREADY_LOCKED) {
        CHECK(*guard == NULL);
        ralph_lock_metadata_free(*holder);
        CHECK(ralph_lock_waiter_fd(waiter) == fd);
        CHECK(is_readable(fd, 10000));
    }
    return status;
}

static void check_free_lock(void)
{
    char *root = new_workspace();
    ralph_lock_waiter *waiter = new_waiter(root, NULL);
    int fd = ralph_lock_waiter_fd(waiter);
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;

    /* A new waiter has tried nothing and asks for a step at once, so a loop may poll first. */
    CHECK(access(lock_file_of(root), F_OK) == -1);
    CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(is_readable(fd, 10000));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_step(waiter, &guard, &holder, &error));
    CHECK(guard != NULL && holder == NULL && error == NULL);
    CHECK(ralph_lock_waiter_fd(waiter) == fd);
    ralph_lock_waiter_free(waiter);
    CHECK(ralph_lock_waiter_fd(waiter) == -1);
    CHECK(fcntl(fd, F_GETFD) == -1);
    check_held(root, "waits");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void check_held_lock(void)
{
    char *root = new_workspace();
    process holder = hold(root, "busy");
    ralph_lock_waiter *waiter = new_waiter(root, NULL);
    ralph_lock_guard *guard;
    ralph_lock_metadata *rival;
    ralph_lock_error *error;
    int i;

    /* A step is allowed at any time, readable or not. */
    for (i = 0; i < 50; i++) {
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, &rival, &error));
        CHECK(guard == NULL);
        CHECK(ralph_lock_metadata_pid(rival) == (uint32_t)holder.pid);
        CHECK_TEXT("busy", ralph_lock_metadata_prompt(rival));
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_error_status(error));
        ralph_lock_metadata_free(rival);
        ralph_lock_error_free(error);
    }
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    CHECK(is_readable(ralph_lock_waiter_fd(waiter), 10000));
    CHECK_STATUS(RALPH_LOCK_OK, step_to_end(waiter, &guard, &rival));
    CHECK(rival == NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    ralph_lock_waiter_free(waiter);
    say(&holder, 'x');
    finish(&holder);
}

static void check_ends(void)
{
    char *root = new_workspace();
    process holder = hold(root, "busy");
    ralph_lock_options *brief = timeout_of(80), *cancelled = timeout_of(UINT64_MAX), *zero = timeout_of(0);
    ralph_lock_waiter *waiter;
    ralph_lock_cancel *cancel;
    ralph_lock_guard *guard;
    ralph_lock_metadata *rival;
    double begin = now_ms();
    char *record = read_file(lock_file_of(root), NULL);

    waiter = new_waiter(root, brief);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, step_to_end(waiter, &guard, &rival));
    CHECK(now_ms() - begin >= 80);
    CHECK(guard == NULL);
    CHECK_TEXT("busy", ralph_lock_metadata_prompt(rival));
    ralph_lock_metadata_free(rival);
    ralph_lock_waiter_free(waiter);

    waiter = new_waiter(root, zero);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    ralph_lock_waiter_free(waiter);

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(cancelled, cancel));
    waiter = new_waiter(root, cancelled);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    ralph_lock_options_free(cancelled);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    ralph_lock_cancel_free(cancel);
    CHECK(is_readable(ralph_lock_waiter_fd(waiter), 10000));
    CHECK_STATUS(RALPH_LOCK_CANCELLED, ralph_lock_waiter_step(waiter, &guard, &rival, NULL));
    CHECK(guard == NULL);
    CHECK_TEXT("busy", ralph_lock_metadata_prompt(rival));
    ralph_lock_metadata_free(rival);
    ralph_lock_waiter_free(waiter);

    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    kill_hard(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    ralph_lock_options_free(brief);
    ralph_lock_options_free(zero);
}

static void check_freed_in_the_middle(void)
{
    char *root = new_workspace();
    process holder = hold(root, "busy");
    char *record = read_file(lock_file_of(root), NULL);
    ralph_lock_waiter *waiter;
    ralph_lock_guard *guard;
    int descriptors = 0, i, fd;

    for (i = 0; i < 5; i++) {
        if (i == 1)
            descriptors = open_descriptors();
        waiter = new_waiter(root, NULL);
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
        fd = ralph_lock_waiter_fd(waiter);
        ralph_lock_waiter_free(waiter);
        CHECK(fcntl(fd, F_GETFD) == -1);
        CHECK(i == 0 || open_descriptors() == descriptors);
    }
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    /* No freed waiter takes the lock. */
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    CHECK(!is_locked(root));
    say(&holder, 'x');
    finish(&holder);
}

int main(void)
{
    check_free_lock();
    check_held_lock();
    check_ends();
    check_freed_in_the_middle();
    return 0;
}
