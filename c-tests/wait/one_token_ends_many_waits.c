/* One token ends 20 waits in 20 threads; freeing it while they use it does not disturb them. */
#include "check.h"
#include "threads.h"

#include <pthread.h>
#include <sys/syscall.h>

#define THREADS 20

static char *root;
static ralph_lock_options *options;
static pid_t ids[THREADS];
static int line[2];
static ralph_lock_status expected;

static void *wait_once(void *argument)
{
    pid_t *id = argument;

    *id = (pid_t)syscall(SYS_gettid);
    CHECK(write(line[1], "w", 1) == 1);
    CHECK_STATUS(expected, wait_only(root, options));
    return NULL;
}

static void start_all(pthread_t *threads, ralph_lock_cancel *cancel)
{
    char letter;
    int i;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, cancel));
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_once, &ids[i]) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(read(line[0], &letter, 1) == 1);
    for (i = 0; i < THREADS; i++)
        until_asleep(ids[i]);
}

static void join_all(pthread_t *threads)
{
    int i;

    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

static ralph_lock_cancel *new_token(void)
{
    ralph_lock_cancel *cancel;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    return cancel;
}

int main(void)
{
    pthread_t threads[THREADS];
    ralph_lock_cancel *cancel;
    ralph_lock_guard *guard;

    root = new_workspace();
    options = timeout_of(UINT64_MAX);
    open_pipe(line);

    guard = acquire(root, "stays");
    expected = RALPH_LOCK_CANCELLED;
    cancel = new_token();
    start_all(threads, cancel);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    join_all(threads);
    ralph_lock_cancel_free(cancel);
    check_held(root, "stays");

    /* Triggered and freed at once: the waits end. */
    cancel = new_token();
    start_all(threads, cancel);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    ralph_lock_cancel_free(cancel);
    join_all(threads);
    check_held(root, "stays");

    /* Freed without a trigger: the waits continue, and options that refer to it stay usable. */
    expected = RALPH_LOCK_OK;
    cancel = new_token();
    start_all(threads, cancel);
    ralph_lock_cancel_free(cancel);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_cancel_trigger(cancel));
    until_asleep(ids[0]);
    check_held(root, "stays");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    join_all(threads);
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    ralph_lock_options_free(options);
    return 0;
}
