/* `remove ROOT ACQUISITIONS`: a user removes, moves or replaces the lock file, its directory and the root at any moment,
 * while eight processes take the lock, restore it, hand it over, fork, and are killed. No two hold it at a time, not
 * even between a removal and the moment when the holder notices it. */
#include "lost_files.h"
#include "mortals.h"
#include "watchers.h"

enum { WORKERS = 8, WATCHERS = 3, KILL_EVERY = 12, GIT_EVERY = 60 };

/* --- taking --- */

static ralph_lock_status step_until_taken(worker *me, ralph_lock_guard **guard, ralph_lock_error **error)
{
    ralph_lock_waiter *waiter;
    ralph_lock_status status = ralph_lock_waiter_new(shared->root, me->prompt, NULL, &waiter, error);

    if (status != RALPH_LOCK_OK)
        return status;
    while ((status = ralph_lock_waiter_step(waiter, guard, NULL, error)) == RALPH_LOCK_ALREADY_LOCKED) {
        struct pollfd polled = {ralph_lock_waiter_fd(waiter), POLLIN, 0};

        CHECK(poll(&polled, 1, -1) == 1 && polled.revents == POLLIN);
        ralph_lock_error_free(*error);
    }
    ralph_lock_waiter_free(waiter);
    return status;
}

static ralph_lock_status take_once(worker *me, ralph_lock_guard **guard, ralph_lock_metadata **holder,
                                   ralph_lock_error **error)
{
    int how = below(&me->chance, 10);
    ralph_lock_options *options;
    ralph_lock_status status;

    *holder = NULL;
    if (how < 3) {
        doing(me, "tries");
        return ralph_lock_try_acquire(shared->root, me->prompt, guard, holder, error);
    }
    if (how < 6) {
        doing(me, "blocks");
        return ralph_lock_acquire_blocking(shared->root, me->prompt, guard, error);
    }
    if (how < 7) {
        doing(me, "polls");
        return step_until_taken(me, guard, error);
    }
    doing(me, "waits");
    options = timeout_of(how < 8 ? 100000 : (uint64_t)below(&me->chance, 8));
    status = ralph_lock_acquire_with(shared->root, me->prompt, options, guard, holder, error);
    ralph_lock_options_free(options);
    return status;
}

static ralph_lock_guard *take_in_the_storm(worker *me)
{
    for (;;) {
        int moves = load(&shared->moves), began = now();
        ralph_lock_guard *guard = NULL;
        ralph_lock_metadata *holder;
        ralph_lock_error *error;
        ralph_lock_status status = take_once(me, &guard, &holder, &error);

        if (status == RALPH_LOCK_OK) {
            doing(me, "has the lock");
            return guard;
        }
        CHECK(guard == NULL);
        if (status == RALPH_LOCK_ALREADY_LOCKED) {
            check_refusal(me, holder, began);
            ralph_lock_error_free(error);
        } else if (status == RALPH_LOCK_TIMED_OUT) {
            /* The last known holder, which may have ended since. */
            if (holder != NULL)
                check_record(holder);
            ralph_lock_metadata_free(holder);
            ralph_lock_error_free(error);
            count(TIMED_OUT);
        } else {
            excuse(me, moves, "take the lock", error);
        }
        nap(me, 500);
    }
}

static void work(worker *me, const ralph_lock_guard *guard)
{
    int i;

    for (i = below(&me->chance, 4); i > 0; i--) {
        if (below(&me->chance, 3) == 0)
            look_after(me, guard);
        if (below(&me->chance, 8) == 0)
            check_record_that_is_left(me);
        sched_yield();
    }
    if (below(&me->chance, 16) == 0)
        nap(me, 500);
}

/* --- handing it over --- */

/* Until the root is locked again, only the file protects the lock, and it can be lost. A root that was moved away is
 * waited for, because a lock that ends without a release leaves its record behind. */
static void adopt_or_lose(worker *me, int fd)
{
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    ralph_lock_status status;
    int moves;

    doing(me, "adopts");
    while (moves = load(&shared->moves),
           (status = ralph_lock_adopt_fd(shared->root, me->prompt, NULL, fd, &guard, &error)) != RALPH_LOCK_OK) {
        bool stayed = root_has_stayed(moves);

        /* Invalid: the path leads to another file, or to none, while the descriptor's has another name. */
        if (stayed && status != RALPH_LOCK_LOST && status != RALPH_LOCK_INVALID_ARGUMENT)
            fail(__FILE__, __LINE__, "number %d cannot adopt: %s", me->serial, ralph_lock_error_message(error));
        ralph_lock_error_free(error);
        if (stayed) {
            close(fd);
            return;
        }
        nap(me, 500);
    }
    enter(me);
    count(HANDED);
    work(me, guard);
    leave(me);
    give_up(me, guard);
}

static void adopt_as_child(const worker *me, int fd)
{
    worker self = *me;

    self.life = begin_life(getpid(), true);
    self.chance += (uint64_t)self.life << 32;
    new_wish(&self);
    adopt_or_lose(&self, fd);
    end_work(&self);
    _exit(0);
}

static void hand_over(worker *me, ralph_lock_guard *guard)
{
    bool to_child = below(&me->chance, 8) == 0;
    int before = me->serial;
    int32_t fd;

    doing(me, "hands over");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_into_fd(guard, &fd, NULL));
    if (to_child) {
        pid_t child = fork();

        CHECK(child >= 0);
        if (child == 0)
            adopt_as_child(me, fd);
        close(fd);
        doing(me, "waits for its child");
        /* SIGCHLD is ignored, so that only the end of all children is reported. */
        while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
            ;
    } else {
        new_wish(me);
        adopt_or_lose(me, fd);
    }
    store(&shared->attempt[before].let_go, now());
}

static void take_in_turns(void *argument)
{
    worker *me = begin_mortal(argument);

    while (!load(&shared->stop)) {
        ralph_lock_guard *guard;

        new_wish(me);
        guard = take_in_the_storm(me);
        enter(me);
        check_previous(me, guard);
        if (below(&me->chance, 40) == 0)
            leave_a_child(me);
        work(me, guard);
        leave(me);
        if (below(&me->chance, 12) == 0)
            hand_over(me, guard);
        else
            give_up(me, guard);
    }
    end_work(me);
}

/* --- the user --- */

/* Some other directory for what is moved. */
static char *elsewhere;

static void move_root_and_back(worker *self)
{
    next(&shared->moves);
    CHECK(rename(shared->root, elsewhere) == 0);
    nap(self, 500);
    CHECK(rename(elsewhere, shared->root) == 0);
    next(&shared->moves);
}

static void remove_something(worker *self, const char *file, const char *folder)
{
    switch (below(&self->chance, 8)) {
    case 0:
        CHECK(unlink(file) == 0 || errno == ENOENT);
        break;
    case 1:
        write_file(elsewhere, "", 0);
        CHECK(rename(elsewhere, file) == 0 || errno == ENOENT);
        unlink(elsewhere);
        break;
    case 2:
        CHECK(rename(file, elsewhere) == 0 || errno == ENOENT);
        nap(self, 200);
        unlink(elsewhere);
        break;
    case 3:
    case 4:
        if (rename(folder, elsewhere) == 0) {
            nap(self, 200);
            /* A process that has opened it can still create a file in it. */
            do
                remove_folder(elsewhere);
            while (access(elsewhere, F_OK) == 0);
        }
        break;
    case 5:
        move_root_and_back(self);
        break;
    default:
        remove_folder(folder);
    }
}

int main(int arguments, char **argument)
{
    process workers[WORKERS + WATCHERS], *watchers = workers + WORKERS;
    role roles[WORKERS];
    worker self = {0};
    char *file, *folder, *command;
    double began = now_ms();
    int i, wanted, done, before = 0;

    CHECK(arguments == 3);
    begin_storm("removals", argument[1]);
    wanted = atoi(argument[2]);
    /* The token is outside the root, which git cleans. */
    CHECK((size_t)snprintf(shared->root, sizeof shared->root, "%s/root", argument[1]) < sizeof shared->root);
    elsewhere = path_of("%s/elsewhere", argument[1]);
    command = path_of("git init -q '%s'", shared->root);
    CHECK(system(command) == 0);
    shared->loses_files = true;
    fill_pool(shared->seed);
    expect_orphans();
    file = lock_file_of(shared->root);
    folder = path_of("%s/.ralph", shared->root);
    self.chance = shared->seed;
    for (i = 0; i < WORKERS; i++) {
        roles[i].slot = i;
        workers[i] = start_mortal(&roles[i], take_in_turns);
    }
    start_watchers(watchers, WATCHERS);
    while ((done = load(&shared->count[ACQUIRED])) < wanted) {
        /* A long storm makes progress. */
        if (done != before)
            alarm(PATIENCE_S);
        before = done;
        nap(&self, 1500);
        remove_something(&self, file, folder);
        count(REMOVALS);
        if (load(&shared->count[REMOVALS]) % GIT_EVERY == 0)
            clean_by_git();
        if (load(&shared->count[REMOVALS]) % KILL_EVERY == 0) {
            i = choose(&self, roles, WORKERS);
            kill_worker(&workers[i], &roles[i]);
            workers[i] = start_mortal(&roles[i], take_in_turns);
        }
        check_all_run(workers, WORKERS + WATCHERS);
    }
    store(&shared->stop, 1);
    finish_all(workers, WORKERS + WATCHERS);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    CHECK_STATUS(RALPH_LOCK_OK, try_only(shared->root));
    check_state(shared->root, RALPH_LOCK_STATE_FREE, NULL);
    CHECK(load(&shared->count[RESTORED]) > 0 && load(&shared->count[HANDED]) > 0);
    report("acquired", ACQUIRED);
    report("removals", REMOVALS);
    report("kills", KILLS);
    report("restored", RESTORED);
    report("handed", HANDED);
    report("records", RECORDS);
    report("large", LARGE);
    printf("seconds %.1f\n", (now_ms() - began) / 1000);
    return 0;
}
