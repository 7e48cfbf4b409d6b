/* A wait, however it ends, leaves no descriptor, watch, memory or lock behind, and does not change the lock file. */
#include "check.h"
#include "leaks.h"
#include "threads.h"

#include <pthread.h>

#define THREADS 30

static char *busy, *idle;
static ralph_lock_options *brief, *cancelled;

/* One wait of each kind for a held lock, and one that gets the lock. */
static void wait_in_every_way(void *unused)
{
    ralph_lock_waiter *waiter;
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;

    (void)unused;
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, ralph_lock_acquire_with(busy, "x", brief, &guard, &holder, &error));
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_CANCELLED, ralph_lock_acquire_with(busy, "x", cancelled, &guard, &holder, &error));
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(idle, brief));
    /* A waiter freed in the middle, and one freed before its first step. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(busy, "x", NULL, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, &holder, &error));
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    ralph_lock_waiter_free(waiter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(busy, "x", NULL, &waiter, NULL));
    ralph_lock_waiter_free(waiter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(idle, "x", NULL, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    ralph_lock_waiter_free(waiter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void check_steady(void)
{
    ralph_lock_cancel *cancel;
    int instances, watches;
    struct stat before, after;
    char *record = read_file(lock_file_of(busy), NULL);

    idle = new_workspace();
    brief = timeout_of(1);
    cancelled = timeout_of(60000);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(cancelled, cancel));
    CHECK(stat(lock_file_of(busy), &before) == 0);
    leaks_nothing("waits", 250, wait_in_every_way, NULL);
    count_inotify(&instances, &watches);
    CHECK(watches == 0);
    CHECK(instances <= 1);
    CHECK_TEXT(record, read_file(lock_file_of(busy), NULL));
    CHECK(stat(lock_file_of(busy), &after) == 0);
    CHECK(before.st_ino == after.st_ino && before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
          before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    check_held(busy, "stays");
    CHECK(!is_locked(idle) && is_blank(lock_file_of(idle)));
    ralph_lock_options_free(brief);
    ralph_lock_options_free(cancelled);
    ralph_lock_cancel_free(cancel);
}

static ralph_lock_options *medium;
static pthread_barrier_t together;

static void *wait_together(void *argument)
{
    (void)argument;
    pthread_barrier_wait(&together);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(busy, medium));
    return NULL;
}

/* After any number of simultaneous waits only one descriptor is kept. */
static void check_crowd(void)
{
    pthread_t threads[THREADS];
    int before = open_descriptors(), instances, watches, i, round;

    medium = timeout_of(100);
    CHECK(pthread_barrier_init(&together, NULL, THREADS) == 0);
    for (round = 0; round < 2; round++) {
        for (i = 0; i < THREADS; i++)
            CHECK(pthread_create(&threads[i], NULL, wait_together, NULL) == 0);
        for (i = 0; i < THREADS; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        count_inotify(&instances, &watches);
        CHECK(watches == 0);
        CHECK(instances <= 1);
        CHECK(open_descriptors() <= before + 1);
    }
    ralph_lock_options_free(medium);
}

/* Waits until its process is killed. */
static void sleeping_body(void *argument)
{
    say(&starter, 'w');
    wait_only(argument, timeout_of(100000));
}

/* The counting works: while a wait sleeps, there is a watch. */
static void check_counting(void)
{
    process waiter = start(sleeping_body, busy);
    char *path, *text, line[4096];
    bool found = false;
    int fd;
    ssize_t length;

    CHECK(hear(&waiter) == 'w');
    until_asleep(waiter.pid);
    for (fd = 0; fd < 64; fd++) {
        path = path_of("/proc/%d/fdinfo/%d", (int)waiter.pid, fd);
        text = NULL;
        if (access(path, R_OK) == 0) {
            int info = open(path, O_RDONLY | O_CLOEXEC);

            length = info >= 0 ? read(info, line, sizeof line - 1) : 0;
            line[length > 0 ? length : 0] = '\0';
            text = strstr(line, "inotify wd:");
            close(info);
        }
        found = found || text != NULL;
        free(path);
    }
    kill_hard(&waiter);
    /* Other processes may have used up the user's inotify instances. */
    if (!found)
        puts("the wait had no watch");
}

int main(void)
{
    process holder;

    busy = new_workspace();
    holder = hold(busy, "stays");
    check_counting();
    check_steady();
    check_crowd();
    kill_hard(&holder);
    return 0;
}
