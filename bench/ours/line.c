/* Many waits of one process for one lock: `line loop|threads COUNT ROOT`. Each has the lock for one turn of the event
 * loop, or of its thread. Prints the nanoseconds from the first wait to the end of the last one, and how many
 * descriptors the waits had. */
#define _GNU_SOURCE
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#include <ralph_lock.h>

static const char *root;
static int count;
static ralph_lock_options *options;

static void check(ralph_lock_status status, ralph_lock_status expected)
{
    if (status == expected)
        return;
    fprintf(stderr, "line: status %d\n", (int)status);
    exit(1);
}

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int open = 0;

    while (readdir(folder) != NULL)
        open++;
    closedir(folder);
    return open;
}

static int loop(ralph_lock_guard *held)
{
    ralph_lock_waiter **waiters = calloc((size_t)count, sizeof *waiters);
    int set = epoll_create1(EPOLL_CLOEXEC), before = descriptors(), more, ended = 0, i;
    struct epoll_event events[64];
    ralph_lock_guard *guard;

    for (i = 0; i < count; i++) {
        struct epoll_event event = {EPOLLIN, {0}};

        check(ralph_lock_waiter_new(root, "benchmark", options, &waiters[i], NULL), RALPH_LOCK_OK);
        event.data.u32 = (uint32_t)i;
        epoll_ctl(set, EPOLL_CTL_ADD, ralph_lock_waiter_fd(waiters[i]), &event);
        check(ralph_lock_waiter_step(waiters[i], &guard, NULL, NULL), RALPH_LOCK_ALREADY_LOCKED);
    }
    more = descriptors() - before;
    while (ended < count) {
        int ready;

        /* The lock that was taken in the turn before. */
        if (held != NULL)
            check(ralph_lock_release(held), RALPH_LOCK_OK);
        held = NULL;
        ready = epoll_wait(set, events, 64, -1);
        for (i = 0; i < ready; i++) {
            ralph_lock_waiter *waiter = waiters[events[i].data.u32];
            ralph_lock_status status = ralph_lock_waiter_step(waiter, &guard, NULL, NULL);

            if (status == RALPH_LOCK_ALREADY_LOCKED)
                continue;
            check(status, RALPH_LOCK_OK);
            held = guard;
            ended++;
            epoll_ctl(set, EPOLL_CTL_DEL, ralph_lock_waiter_fd(waiter), NULL);
            ralph_lock_waiter_free(waiter);
        }
    }
    check(ralph_lock_release(held), RALPH_LOCK_OK);
    return more;
}

static void *wait_in_thread(void *unused)
{
    ralph_lock_guard *guard;

    check(ralph_lock_acquire_with(root, "benchmark", options, &guard, NULL, NULL), RALPH_LOCK_OK);
    sched_yield();
    check(ralph_lock_release(guard), RALPH_LOCK_OK);
    return unused;
}

static int threads(ralph_lock_guard *held)
{
    pthread_t *all = calloc((size_t)count, sizeof *all);
    int before = descriptors(), more, i;
    pthread_attr_t small;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);
    for (i = 0; i < count; i++)
        if (pthread_create(&all[i], &small, wait_in_thread, NULL) != 0)
            exit(1);
    more = descriptors() - before;
    check(ralph_lock_release(held), RALPH_LOCK_OK);
    for (i = 0; i < count; i++)
        pthread_join(all[i], NULL);
    return more;
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    ralph_lock_guard *held;
    int64_t begin;
    int more;

    if (argc != 4) {
        fprintf(stderr, "usage: line loop|threads COUNT ROOT\n");
        return 2;
    }
    count = atoi(argv[2]);
    root = argv[3];
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    options = ralph_lock_options_new();
    check(ralph_lock_try_acquire(root, "benchmark", &held, NULL, NULL), RALPH_LOCK_OK);
    if (strcmp(argv[1], "threads") == 0)
        check(ralph_lock_options_set_timeout_ms(options, 600000), RALPH_LOCK_OK);
    begin = now();
    more = strcmp(argv[1], "threads") == 0 ? threads(held) : loop(held);
    printf("%" PRId64 " %d\n", now() - begin, more);
    return 0;
}
