/* An agent on one of the machines. Each line of its standard input is an order, one word and perhaps a number. It
 * answers each order with a line of `name=value` words:
 *
 *     status=ALREADY_LOCKED errno=0 us=812 end=1795389320644478280 pid=17 host=second liveness=FOREIGN prompt=works
 *
 * `us` is how long it took, `end` when it was over (nanoseconds since 1970). */
#define _GNU_SOURCE

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ralph_lock.h>

static const char *root, *prompt;
static ralph_lock_guard *guard;
static ralph_lock_metadata *metadata;
static ralph_lock_error *error;

static int64_t now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static const char *liveness(ralph_lock_liveness found)
{
    static const char *const names[] = {"UNKNOWN", "LIVE", "DEAD", "RECYCLED", "FOREIGN"};

    return names[found];
}

/* Prints the holder of the last answer. */
static void print_holder(void)
{
    if (metadata != NULL)
        printf(" pid=%" PRIu32 " host=%s liveness=%s prompt=%s", ralph_lock_metadata_pid(metadata),
               ralph_lock_metadata_host(metadata), liveness(ralph_lock_metadata_liveness(metadata)),
               ralph_lock_metadata_prompt(metadata));
    ralph_lock_metadata_free(metadata);
    metadata = NULL;
}

/* Waits through a descriptor, as an event loop does. */
static ralph_lock_status poll_with(const ralph_lock_options *options)
{
    ralph_lock_waiter *waiter;
    ralph_lock_status status = ralph_lock_waiter_new(root, prompt, options, &waiter, &error);

    if (status != RALPH_LOCK_OK)
        return status;
    for (;;) {
        struct pollfd event = {ralph_lock_waiter_fd(waiter), POLLIN, 0};

        status = ralph_lock_waiter_step(waiter, &guard, &metadata, &error);
        if (status != RALPH_LOCK_ALREADY_LOCKED)
            break;
        ralph_lock_metadata_free(metadata);
        ralph_lock_error_free(error);
        if (poll(&event, 1, -1) == -1)
            abort();
    }
    ralph_lock_waiter_free(waiter);
    return status;
}

static ralph_lock_status acquire(const ralph_lock_options *options)
{
    return ralph_lock_acquire_with(root, prompt, options, &guard, &metadata, &error);
}

static ralph_lock_status wait_with(ralph_lock_status (*wait)(const ralph_lock_options *), uint64_t timeout,
                                   ralph_lock_cancel *cancel)
{
    ralph_lock_options *options = ralph_lock_options_new();
    ralph_lock_status status = ralph_lock_options_set_timeout_ms(options, timeout);

    if (status == RALPH_LOCK_OK && cancel != NULL)
        status = ralph_lock_options_set_cancel(options, cancel);
    if (status == RALPH_LOCK_OK)
        status = wait(options);
    ralph_lock_options_free(options);
    return status;
}

/* A token, and after how many milliseconds it is triggered. */
typedef struct later {
    ralph_lock_cancel *cancel;
    unsigned long milliseconds;
} later;

static void *trigger(void *argument)
{
    const later *what = argument;

    usleep((useconds_t)what->milliseconds * 1000);
    ralph_lock_cancel_trigger(what->cancel);
    return NULL;
}

static ralph_lock_status wait_until_cancelled(unsigned long milliseconds)
{
    later what = {NULL, milliseconds};
    ralph_lock_status status = ralph_lock_cancel_new(&what.cancel, &error);
    pthread_t thread;

    if (status != RALPH_LOCK_OK || pthread_create(&thread, NULL, trigger, &what) != 0)
        abort();
    status = wait_with(acquire, 60000, what.cancel);
    pthread_join(thread, NULL);
    ralph_lock_cancel_free(what.cancel);
    return status;
}

/* Takes and releases the lock that many times, while no other process wants it. */
static ralph_lock_status pairs(unsigned long count)
{
    ralph_lock_status status = RALPH_LOCK_OK;

    while (status == RALPH_LOCK_OK && count-- > 0) {
        status = ralph_lock_try_acquire(root, prompt, &guard, &metadata, &error);
        if (status == RALPH_LOCK_OK)
            status = ralph_lock_release(guard);
    }
    guard = NULL;
    return status;
}

static void obey(const char *word, unsigned long number)
{
    static const char *const states[] = {"FREE", "HELD", "STALE"};
    static const char *const verdicts[] = {"UNKNOWN", "LOCAL", "DISTRIBUTED", "NO_LOCKS"};
    ralph_lock_filesystem verdict = RALPH_LOCK_FILESYSTEM_UNKNOWN;
    ralph_lock_state state = RALPH_LOCK_STATE_FREE;
    int64_t begin = now(CLOCK_MONOTONIC), end;
    const char *found = NULL;
    ralph_lock_status status;
    int code;

    error = NULL;
    errno = 0;
    if (strcmp(word, "try") == 0) {
        status = ralph_lock_try_acquire(root, prompt, &guard, &metadata, &error);
    } else if (strcmp(word, "wait") == 0) {
        status = wait_with(acquire, number, NULL);
    } else if (strcmp(word, "poll") == 0) {
        status = wait_with(poll_with, number, NULL);
    } else if (strcmp(word, "cancel") == 0) {
        status = wait_until_cancelled(number);
    } else if (strcmp(word, "queue") == 0) {
        status = ralph_lock_acquire_blocking(root, prompt, &guard, &error);
    } else if (strcmp(word, "pairs") == 0) {
        status = pairs(number);
    } else if (strcmp(word, "release") == 0) {
        status = ralph_lock_release(guard);
        guard = NULL;
    } else if (strcmp(word, "verify") == 0) {
        status = ralph_lock_guard_verify(guard, &error);
    } else if (strcmp(word, "restore") == 0) {
        status = ralph_lock_guard_restore(guard, &metadata, &error);
    } else if (strcmp(word, "inspect") == 0) {
        status = ralph_lock_inspect(root, &state, &metadata, &error);
        found = states[state];
    } else if (strcmp(word, "probe") == 0) {
        status = ralph_lock_probe_filesystem(root, &verdict, &error);
        found = verdicts[verdict];
    } else {
        printf("there is no word %s\n", word);
        exit(1);
    }
    code = errno;
    if (guard != NULL && metadata == NULL && ralph_lock_guard_previous(guard, &metadata, NULL) == RALPH_LOCK_OK)
        found = "PREVIOUS";
    end = now(CLOCK_MONOTONIC);
    printf("status=%s errno=%d us=%" PRId64 " end=%" PRId64, ralph_lock_status_name((int32_t)status) + 11,
           status == RALPH_LOCK_OK ? 0 : code, (end - begin) / 1000, now(CLOCK_REALTIME));
    if (found != NULL)
        printf(" found=%s", found);
    print_holder();
    printf("\n");
    ralph_lock_error_free(error);
}

int main(int argc, char **argv)
{
    char line[100], word[100];

    if (argc != 3)
        return 2;
    root = argv[1];
    prompt = argv[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("pid=%d\n", (int)getpid());
    while (fgets(line, sizeof line, stdin) != NULL) {
        unsigned long number = 0;

        if (sscanf(line, "%99s %lu", word, &number) >= 1)
            obey(word, number);
    }
    return 0;
}
