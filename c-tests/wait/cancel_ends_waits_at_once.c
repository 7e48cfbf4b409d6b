/* A triggered token ends waits with CANCELLED: one that sleeps, and one that begins later, even for a free lock. */
#include "check.h"
#include "threads.h"

#include <pthread.h>
#include <sys/syscall.h>

static ralph_lock_cancel *new_token(void)
{
    ralph_lock_cancel *cancel;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, &error));
    CHECK(cancel != NULL && error == NULL);
    return cancel;
}

static void check_before(const ralph_lock_options *options)
{
    char *root = new_workspace();
    ralph_lock_guard *guard, *held;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    int i;

    for (i = 0; i < 3; i++) {
        CHECK_STATUS(RALPH_LOCK_CANCELLED, ralph_lock_acquire_with(root, "no", options, &guard, &holder, &error));
        CHECK(guard == NULL);
        CHECK_STATUS(RALPH_LOCK_CANCELLED, ralph_lock_error_status(error));
        CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
        ralph_lock_metadata_free(holder);
        ralph_lock_error_free(error);
        CHECK(!is_locked(root));
    }
    /* Not even the file was created. */
    CHECK(access(lock_file_of(root), F_OK) == -1);
    held = acquire(root, "stays");
    CHECK_STATUS(RALPH_LOCK_CANCELLED, wait_only(root, options));
    check_held(root, "stays");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(held));
}

static void check_step_before(const ralph_lock_options *options)
{
    char *root = new_workspace();
    ralph_lock_waiter *waiter;
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "no", options, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_CANCELLED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    CHECK(guard == NULL);
    ralph_lock_waiter_free(waiter);
    CHECK(access(lock_file_of(root), F_OK) == -1);
}

typedef struct sleeper {
    const char *root;
    const ralph_lock_options *options;
    int line;
    ralph_lock_status status;
    char holder[64];
} sleeper;

static void *sleep_over_it(void *argument)
{
    sleeper *me = argument;
    pid_t thread = (pid_t)syscall(SYS_gettid);
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    CHECK(write(me->line, &thread, sizeof thread) == sizeof thread);
    me->status = ralph_lock_acquire_with(me->root, "sleeps", me->options, &guard, &holder, NULL);
    CHECK(guard == NULL);
    snprintf(me->holder, sizeof me->holder, "%s", holder ? ralph_lock_metadata_prompt(holder) : "");
    ralph_lock_metadata_free(holder);
    return NULL;
}

/* Milliseconds until a sleeping wait ended. */
static double during(const ralph_lock_options *options, ralph_lock_cancel *cancel)
{
    char *root = new_workspace();
    process holder = hold(root, "busy");
    sleeper me = {root, options, -1, RALPH_LOCK_OK, ""};
    int line[2];
    pthread_t thread;
    pid_t id;
    double triggered, took;

    open_pipe(line);
    me.line = line[1];
    CHECK(pthread_create(&thread, NULL, sleep_over_it, &me) == 0);
    CHECK(read(line[0], &id, sizeof id) == sizeof id);
    until_asleep(id);
    triggered = now_ms();
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    CHECK(pthread_join(thread, NULL) == 0);
    took = now_ms() - triggered;
    CHECK_STATUS(RALPH_LOCK_CANCELLED, me.status);
    CHECK_TEXT("busy", me.holder);
    check_held(root, "busy");
    kill_hard(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    close(line[0]);
    close(line[1]);
    return took;
}

static void check_during(uint64_t timeout)
{
    double took[3];
    int i;

    for (i = 0; i < 3; i++) {
        ralph_lock_options *options = timeout_of(timeout);
        ralph_lock_cancel *cancel = new_token();

        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, cancel));
        took[i] = during(options, cancel);
        ralph_lock_options_free(options);
        ralph_lock_cancel_free(cancel);
        if (took[i] < LATE)
            return;
    }
    fail(__FILE__, __LINE__, "it took %.0f, %.0f and %.0f ms", took[0], took[1], took[2]);
}

int main(void)
{
    static const uint64_t timeouts[] = {0, 1, 60000, UINT64_MAX};
    ralph_lock_cancel *cancel = new_token();
    size_t i;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    for (i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        ralph_lock_options *options = timeout_of(timeouts[i]);

        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, cancel));
        check_before(options);
        if (HAS_WAITERS)
            check_step_before(options);
        /* Without the token the same options wait again. */
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, NULL));
        CHECK_STATUS(RALPH_LOCK_OK, wait_only(new_workspace(), options));
        ralph_lock_options_free(options);
    }
    ralph_lock_cancel_free(cancel);
    check_during(60000);
    check_during(UINT64_MAX);
    return 0;
}
