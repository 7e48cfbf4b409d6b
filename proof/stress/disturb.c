/* `disturb ROOT ACQUISITIONS`: while a user runs `git clean -fdx` and `rm -rf .ralph`, processes take the lock that
 * change their directory, close all their descriptors, cancel their threads, or run in containers that are killed. No
 * two hold the lock at a time. */
#include "lost_files.h"
#include "watchers.h"

#include <pthread.h>
#include <sys/syscall.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* Slots of the board: a process has one, or one for each thread. */
enum { MOVERS = 2, CLOSERS = 2, CANCELLERS = 2, THREADS = 2, CONTAINERS = 2, WATCHERS = 3, GIT_EVERY = 20 };
enum { WORKERS = MOVERS + CLOSERS + CANCELLERS + CONTAINERS };

/* A directory that is no workspace, and no lock file may appear in it. */
static char *elsewhere;

static void work(worker *me, const ralph_lock_guard *guard)
{
    if (below(&me->chance, 3) == 0)
        look_after(me, guard);
    if (below(&me->chance, 8) == 0)
        check_record_that_is_left(me);
    if (below(&me->chance, 4) == 0)
        nap(me, 500);
}

static void work_and_give_up(worker *me, ralph_lock_guard *guard)
{
    enter(me);
    check_previous(me, guard);
    work(me, guard);
    leave(me);
    give_up(me, guard);
}

/* --- chdir --- */

/* A waiter finds its relative root when it begins. */
static ralph_lock_guard *wait_and_move(worker *me)
{
    ralph_lock_guard *guard;
    ralph_lock_waiter *waiter;
    ralph_lock_status status;

    doing(me, "waits for a relative root");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(".", me->prompt, NULL, &waiter, NULL));
    CHECK(chdir(elsewhere) == 0);
    while ((status = ralph_lock_waiter_step(waiter, &guard, NULL, NULL)) == RALPH_LOCK_ALREADY_LOCKED) {
        struct pollfd polled = {ralph_lock_waiter_fd(waiter), POLLIN, 0};

        CHECK(poll(&polled, 1, -1) == 1);
    }
    CHECK_STATUS(RALPH_LOCK_OK, status);
    ralph_lock_waiter_free(waiter);
    return guard;
}

static void take_and_move(void *argument)
{
    worker *me = begin_work(*(int *)argument, begin_life(getpid(), true), false);

    end_with_starter();
    while (!load(&shared->stop)) {
        ralph_lock_guard *guard;

        new_wish(me);
        CHECK(chdir(shared->root) == 0);
        if (below(&me->chance, 2) == 0) {
            guard = wait_and_move(me);
        } else {
            doing(me, "blocks for a relative root");
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(".", me->prompt, &guard, NULL));
            CHECK(chdir(elsewhere) == 0);
        }
        work_and_give_up(me, guard);
        count(MOVED);
    }
    end_work(me);
}

/* --- closed descriptors --- */

enum { OTHERS = 12 };

/* Descriptors of another file, under the numbers that the library's had. */
typedef struct others {
    char *path;
    int fd[OTHERS];
} others;

static void open_others(others *all)
{
    int i;

    for (i = 0; i < OTHERS; i++)
        CHECK((all->fd[i] = open(all->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666)) != -1);
    CHECK(flock(all->fd[0], LOCK_EX | LOCK_NB) == 0);
}

/* Checks that they are open, locked and empty, as the library must leave them, and closes them. */
static void close_others(const others *all)
{
    int i, another = open(all->path, O_RDWR | O_CLOEXEC);
    struct stat status;

    CHECK(another != -1 && flock(another, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    CHECK(fstat(another, &status) == 0 && status.st_size == 0);
    CHECK(close(another) == 0);
    for (i = 0; i < OTHERS; i++)
        CHECK(close(all->fd[i]) == 0);
}

/* Descriptors that are opened from now on have this number or a higher one. */
static int first_free(const worker *me)
{
    int number;

    do
        CHECK((number = open("/dev/null", O_RDONLY | O_CLOEXEC)) != -1);
    while (number < me->token || number < starter.to || number < starter.from);
    return number + 1;
}

static void lose_all_descriptors(worker *me, ralph_lock_guard *guard, int first, others *all)
{
    doing(me, "closes all descriptors");
    CHECK(syscall(SYS_close_range, first, ~0U, 0) == 0);
    open_others(all);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_release(guard));
    count(CLOSED);
    count(ACQUIRED);
}

static void take_and_close(void *argument)
{
    worker *me = begin_work(*(int *)argument, begin_life(getpid(), false), false);
    others all = {.path = path_of("%s/%d", elsewhere, me->slot)};
    int first = first_free(me);
    bool closed = false;

    end_with_starter();
    while (!load(&shared->stop)) {
        ralph_lock_guard *guard;

        new_wish(me);
        guard = take(me);
        if (closed)
            close_others(&all);
        closed = below(&me->chance, 3) == 0;
        if (!closed) {
            work_and_give_up(me, guard);
            continue;
        }
        enter(me);
        work(me, guard);
        leave(me);
        lose_all_descriptors(me, guard, first, &all);
    }
    end_work(me);
}

/* --- cancelled threads --- */

/* What a thread has at the moment. */
typedef struct tenure {
    worker *me;
    ralph_lock_guard *guard;
    bool is_in;
} tenure;

static void end_tenure(void *argument)
{
    tenure *self = argument;

    if (self->is_in)
        leave(self->me);
    if (self->guard != NULL)
        give_up(self->me, self->guard);
}

/* A cancellation takes effect at a nap, and not in a call of the library. */
static void *take_until_cancelled(void *argument)
{
    tenure self = {.me = argument};

    pthread_cleanup_push(end_tenure, &self);
    nap(self.me, 200);
    new_wish(self.me);
    if (below(&self.me->chance, 3) == 0) {
        self.guard = try_until_taken(self.me);
    } else {
        way how = below(&self.me->chance, 2) == 0 ? BLOCKING : TIMED;

        doing(self.me, "waits in a thread");
        self.guard = wait_for(shared->root, self.me->prompt, how);
    }
    enter(self.me);
    self.is_in = true;
    check_previous(self.me, self.guard);
    work(self.me, self.guard);
    nap(self.me, 1000);
    pthread_cleanup_pop(1);
    return NULL;
}

static void cancel_threads(void *argument)
{
    worker *workers[THREADS];
    uint64_t random = shared->seed + (uint64_t)*(int *)argument;
    int i, life = begin_life(getpid(), true);

    end_with_starter();
    for (i = 0; i < THREADS; i++)
        workers[i] = begin_work(*(int *)argument + i, life, true);
    while (!load(&shared->stop)) {
        pthread_t threads[THREADS];
        struct timespec pause = {0, 1000L * below(&random, 5000)};
        void *result;

        for (i = 0; i < THREADS; i++)
            CHECK(pthread_create(&threads[i], NULL, take_until_cancelled, workers[i]) == 0);
        nanosleep(&pause, NULL);
        for (i = 0; i < THREADS; i++)
            CHECK(pthread_cancel(threads[i]) == 0);
        for (i = 0; i < THREADS; i++) {
            CHECK(pthread_join(threads[i], &result) == 0);
            if (result == PTHREAD_CANCELED)
                count(CANCELLED);
        }
    }
    end_work(workers[0]);
}

/* --- containers --- */

typedef struct container {
    int slot, life;
    bool has_own_proc;
} container;

static void take_in_a_container(void *argument)
{
    const container *self = argument;
    worker *me = begin_work(self->slot, self->life, false);

    end_with_starter();
    CHECK(getpid() == 1);
    shared->life[self->life].pid = getpid();
    if (self->has_own_proc)
        CHECK(mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0 && mount("proc", "/proc", "proc", 0, NULL) == 0);
    say(&starter, 'b');
    for (;;) {
        ralph_lock_guard *guard;

        new_wish(me);
        guard = take(me);
        work_and_give_up(me, guard);
        count(CONTAINED);
    }
}

/* Makes a container with another host name, and with a /proc or a clock of its own, and kills it. */
static void run_a_container(void *argument)
{
    container *self = argument;
    uint64_t random = shared->seed + (uint64_t)self->life;
    struct timespec pause = {0, 1000000L * (1 + below(&random, 60))};
    process child;
    FILE *offsets;

    end_with_starter();
    CHECK(unshare(CLONE_NEWPID | CLONE_NEWUTS | (self->has_own_proc ? CLONE_NEWNS : CLONE_NEWTIME)) == 0);
    CHECK(sethostname("container", strlen("container")) == 0);
    if (!self->has_own_proc) {
        offsets = fopen("/proc/self/timens_offsets", "w");
        CHECK(offsets != NULL && fputs("boottime 100000 0", offsets) >= 0 && fclose(offsets) == 0);
    }
    child = start(take_in_a_container, self);
    CHECK(hear(&child) == 'b');
    nanosleep(&pause, NULL);
    store(&shared->life[self->life].doomed, now());
    kill_hard(&child);
    store(&shared->life[self->life].gone, now());
    count(KILLS);
}

static void run_containers(void *argument)
{
    container its = {.slot = *(int *)argument, .has_own_proc = *(int *)argument % 2 == 0};

    end_with_starter();
    while (!load(&shared->stop)) {
        process one;

        /* Outside it cannot be told that it has ended. */
        its.life = begin_life(1, false);
        one = start(run_a_container, &its);
        finish(&one);
    }
}

/* --- all of them --- */

static int start_many(process *workers, int many, void (*body)(void *), int slot, int each)
{
    int i;

    for (i = 0; i < many; i++, slot += each)
        workers[i] = start(body, &slot);
    return slot;
}

static bool all_have_happened(void)
{
    return load(&shared->count[MOVED]) > 0 && load(&shared->count[CLOSED]) > 0 && load(&shared->count[CANCELLED]) > 0
           && load(&shared->count[CONTAINED]) > 0 && load(&shared->count[RESTORED]) > 0;
}

static void let_the_user_clean(int wanted)
{
    worker self = {.chance = shared->seed};
    char *folder = path_of("%s/.ralph", shared->root);
    int done, before = 0;

    while ((done = load(&shared->count[ACQUIRED])) < wanted || !all_have_happened()) {
        if (done != before)
            alarm(PATIENCE_S);
        before = done;
        nap(&self, 3000);
        if (below(&self.chance, GIT_EVERY) == 0)
            clean_by_git();
        else
            remove_folder(folder);
        count(REMOVALS);
    }
    free(folder);
}

int main(int arguments, char **argument)
{
    process workers[WORKERS + WATCHERS];
    int slot, started = 0;
    char *command;
    double began = now_ms();

    CHECK(arguments == 3);
    begin_storm("disturbances", argument[1]);
    CHECK((size_t)snprintf(shared->root, sizeof shared->root, "%s/root", argument[1]) < sizeof shared->root);
    elsewhere = path_of("%s/elsewhere", argument[1]);
    CHECK(mkdir(elsewhere, 0777) == 0);
    command = path_of("git init -q '%s'", shared->root);
    CHECK(system(command) == 0);
    shared->loses_files = true;
    fill_pool(shared->seed);
    slot = start_many(workers, MOVERS, take_and_move, 0, 1);
    slot = start_many(workers + MOVERS, CLOSERS, take_and_close, slot, 1);
    slot = start_many(workers + MOVERS + CLOSERS, CANCELLERS, cancel_threads, slot, THREADS);
    start_many(workers + MOVERS + CLOSERS + CANCELLERS, CONTAINERS, run_containers, slot, 1);
    started = WORKERS;
    start_watchers(workers + started, WATCHERS);
    let_the_user_clean(atoi(argument[2]));
    store(&shared->stop, 1);
    finish_all(workers, WORKERS + WATCHERS);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(shared->root));
    check_state(shared->root, RALPH_LOCK_STATE_FREE, NULL);
    CHECK(access(path_of("%s/.ralph", elsewhere), F_OK) == -1 && errno == ENOENT);
    report("acquired", ACQUIRED);
    report("removals", REMOVALS);
    report("restored", RESTORED);
    report("moved", MOVED);
    report("closed", CLOSED);
    report("cancelled", CANCELLED);
    report("contained", CONTAINED);
    report("kills", KILLS);
    report("records", RECORDS);
    report("large", LARGE);
    printf("seconds %.1f\n", (now_ms() - began) / 1000);
    return 0;
}
