/* Waits of one process share an event queue: whichever wait reads an event, the wait that it concerns is woken. */
#include "check.h"
#include "threads.h"

#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

/* No clock decides here. This program disables the back-stop, a new look a second after the last one: a wait that
 * misses its event hangs. */
static bool is_back_stop(const struct timespec *time)
{
    return time->tv_sec > 0 || time->tv_nsec >= 500000000;
}

static bool is_inotify(int fd)
{
    char path[64], target[64];
    ssize_t length;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    length = readlink(path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    return strcmp(target, "anon_inode:inotify") == 0;
}

/* A thread that does not see the queue, as if another always read it first. */
static __thread bool deaf;

/* Replaces the library's ppoll(2). */
int ppoll(struct pollfd *polled, nfds_t count, const struct timespec *time, const sigset_t *mask)
{
    struct timespec copy = {0, 0};
    bool without_end = time == NULL || is_back_stop(time);
    nfds_t i;

    for (i = 0; deaf && i < count; i++)
        if (is_inotify(polled[i].fd))
            polled[i].fd = -1;
    if (!without_end)
        copy = *time;
    return (int)syscall(SYS_ppoll, polled, count, without_end ? NULL : &copy, mask, _NSIG / 8);
}

/* Replaces the library's timerfd_settime(2). */
int timerfd_settime(int fd, int flags, const struct itimerspec *time, struct itimerspec *old)
{
    struct itimerspec copy = *time;

    if (is_back_stop(&copy.it_value))
        memset(&copy, 0, sizeof copy);
    return (int)syscall(SYS_timerfd_settime, fd, flags, &copy, old);
}

enum { LOCKS = 40, PASSERS_BY = 6, ROUNDS = 3 };

static char *roots[LOCKS];

/* Holds all locks, and releases each whose number it receives, until another letter. */
static void hold_all(void *unused)
{
    ralph_lock_guard *guards[LOCKS];
    unsigned char number;
    int i;

    (void)unused;
    for (i = 0; i < LOCKS; i++)
        guards[i] = acquire(roots[i], "has all");
    say(&starter, 'h');
    while ((number = (unsigned char)hear(&starter)) < LOCKS) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guards[number]));
        say(&starter, 'r');
    }
}

static process start_holder(void)
{
    process holder = start(hold_all, NULL);

    CHECK(hear(&holder) == 'h');
    return holder;
}

static void end_holder(process *holder)
{
    say(holder, 'x');
    finish(holder);
}

static void release_in(process *holder, int number)
{
    say(holder, (char)number);
    CHECK(hear(holder) == 'r');
}

/* A thread that waits for one lock, and reports when it got it. */
typedef struct sleeper {
    int number;
    bool deaf;
    int line;
    pid_t thread;
    pthread_t handle;
} sleeper;

static void *sleep_and_say(void *argument)
{
    sleeper *me = argument;
    unsigned char number = (unsigned char)me->number;
    ralph_lock_guard *guard;

    deaf = me->deaf;
    __atomic_store_n(&me->thread, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    guard = wait_for(roots[me->number], "sleeps", TIMED);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(write(me->line, &number, 1) == 1);
    return NULL;
}

static void start_sleeper(sleeper *me, int number, bool is_deaf, int line)
{
    sleeper fresh = {0, false, -1, 0, 0};

    *me = fresh;
    me->number = number;
    me->deaf = is_deaf;
    me->line = line;
    me->handle = start_thread(sleep_and_say, me);
    while (__atomic_load_n(&me->thread, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
}

/* Waits for the sleeper with that number. */
static void until_said(int line, int number)
{
    struct pollfd polled = {line, POLLIN, 0};
    unsigned char said;

    if (poll(&polled, 1, 60000) != 1)
        fail(__FILE__, __LINE__, "wait %d was never woken", number);
    CHECK(read(line, &said, 1) == 1 && said == number);
}

/* One wait reads the event, and another is woken. */
static void check_threads(void)
{
    process holder = start_holder();
    sleeper sleepers[2];
    int line[2], instances, watches;

    open_pipe(line);
    start_sleeper(&sleepers[0], 0, true, line[1]);
    until_asleep(sleepers[0].thread);
    start_sleeper(&sleepers[1], 1, false, line[1]);
    until_asleep(sleepers[1].thread);
    count_inotify(&instances, &watches);
    CHECK(instances == 1 && watches == 2);
    release_in(&holder, 0);
    until_said(line[0], 0);
    release_in(&holder, 1);
    until_said(line[0], 1);
    join(sleepers[0].handle);
    join(sleepers[1].handle);
    end_holder(&holder);
    close(line[0]);
    close(line[1]);
}

/* A waiter that only an event can wake. */
static void until_quiet(ralph_lock_waiter *waiter)
{
    struct pollfd polled = {ralph_lock_waiter_fd(waiter), POLLIN, 0};
    ralph_lock_guard *guard;

    do
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    while (poll(&polled, 1, 50) == 1);
}

static ralph_lock_waiter *new_waiter(int number)
{
    ralph_lock_waiter *waiter;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(roots[number], "waiter", NULL, &waiter, NULL));
    return waiter;
}

static bool is_readable(ralph_lock_waiter *waiter, int milliseconds)
{
    struct pollfd polled = {ralph_lock_waiter_fd(waiter), POLLIN, 0};

    return poll(&polled, 1, milliseconds) == 1;
}

static void gets_it(ralph_lock_waiter *waiter)
{
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    ralph_lock_waiter_free(waiter);
}

static void check_waiters(void)
{
    process holder = start_holder();
    ralph_lock_waiter *first = new_waiter(0), *second = new_waiter(1);
    ralph_lock_guard *guard;

    until_quiet(first);
    until_quiet(second);
    release_in(&holder, 0);
    CHECK(is_readable(second, 0));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(second, &guard, NULL, NULL));
    CHECK(is_readable(first, 0));
    gets_it(first);
    release_in(&holder, 1);
    CHECK(is_readable(second, 0));
    gets_it(second);
    end_holder(&holder);
}

/* Two waits for one lock share one watch, which exists until both are over. */
static void check_same_lock(void)
{
    process holder = start_holder();
    ralph_lock_waiter *first = new_waiter(0), *second = new_waiter(0);
    int instances, watches;

    until_quiet(first);
    until_quiet(second);
    count_inotify(&instances, &watches);
    CHECK(instances == 1 && watches == 1);
    ralph_lock_waiter_free(first);
    until_quiet(second);
    count_inotify(&instances, &watches);
    CHECK(instances == 1 && watches == 1);
    release_in(&holder, 0);
    CHECK(is_readable(second, 0));
    gets_it(second);
    count_inotify(&instances, &watches);
    CHECK(instances == 1 && watches == 0);
    end_holder(&holder);
}

static bool stop;

/* Waits briefly, again and again, for locks that other threads wait for. */
static void *pass_by(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    ralph_lock_options *brief = timeout_of(1);

    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        ralph_lock_status status = wait_only(roots[rand_r(&seed) % LOCKS], brief);

        CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_TIMED_OUT);
    }
    ralph_lock_options_free(brief);
    return NULL;
}

/* Many waits, of which some never see the queue; the locks are released in random order. */
static void check_many(unsigned seed)
{
    process holder = start_holder();
    sleeper sleepers[LOCKS];
    pthread_t passers_by[PASSERS_BY];
    int order[LOCKS], line[2], i;

    open_pipe(line);
    stop = false;
    for (i = 0; i < LOCKS; i++) {
        start_sleeper(&sleepers[i], i, i % 4 == 3, line[1]);
        order[i] = i;
    }
    for (i = 0; i < PASSERS_BY; i++)
        passers_by[i] = start_thread(pass_by, (void *)(uintptr_t)(seed * PASSERS_BY + (unsigned)i));
    for (i = LOCKS - 1; i > 0; i--) {
        int j = rand_r(&seed) % (i + 1), kept = order[i];

        order[i] = order[j];
        order[j] = kept;
    }
    /* One wait that sees the queue must last to the end. */
    for (i = 0; i < LOCKS; i++)
        if (order[i] == 0) {
            order[i] = order[LOCKS - 1];
            order[LOCKS - 1] = 0;
        }
    for (i = 0; i < LOCKS; i++) {
        release_in(&holder, order[i]);
        until_said(line[0], order[i]);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (i = 0; i < PASSERS_BY; i++)
        join(passers_by[i]);
    for (i = 0; i < LOCKS; i++)
        join(sleepers[i].handle);
    end_holder(&holder);
    close(line[0]);
    close(line[1]);
}

int main(void)
{
    ralph_lock_options *brief = timeout_of(200);
    process holder;
    int instances, watches, i;
    unsigned round;

    for (i = 0; i < LOCKS; i++)
        roots[i] = new_workspace();
    holder = start_holder();
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(roots[0], brief));
    kill_hard(&holder);
    count_inotify(&instances, &watches);
    if (instances == 0)
        skip("other processes have used up the user's inotify instances");
    check_threads();
    check_waiters();
    check_same_lock();
    for (round = 1; round <= ROUNDS; round++)
        check_many(round);
    count_inotify(&instances, &watches);
    CHECK(instances == 1 && watches == 0);
    return 0;
}
