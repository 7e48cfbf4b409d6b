/* Processes and threads that take the lock in every way, with two detectors of another holder. */
#ifndef WORKERS_H
#define WORKERS_H

#include "prompts.h"

typedef struct worker {
    int slot, life, serial;
    uint64_t chance;
    /* Open on the file of the second detector; threads have one each. */
    int token;
    bool is_thread;
    /* The number that the first detector held at the last entry: 0, or that of a killed holder. */
    int found;
    char *prompt;
} worker;

/* When a worker's calls began and ended: those that took the lock, up to its release, and those that were refused. */
typedef struct span {
    int begin, end;
} span;

enum { TENURES = 1 << 14, REFUSALS = 1 << 16 };

typedef struct calls {
    int tenures, refusals;
    span tenure[TENURES], refusal[REFUSALS];
} calls;

/* By slot; NULL if calls are not logged. */
static calls *log_of;

UNUSED static void doing(const worker *me, const char *what)
{
    shared->slot[me->slot].doing = what;
}

static worker *begin_work(int slot, int life, bool is_thread)
{
    worker *me = calloc(1, sizeof *me);

    CHECK(me != NULL);
    me->slot = slot;
    me->life = life;
    me->is_thread = is_thread;
    me->chance = shared->seed + (uint64_t)life * SLOTS + (uint64_t)slot;
    me->prompt = malloc(PROMPT_MAX + 1);
    me->token = open(shared->token, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    CHECK(me->prompt != NULL && me->token != -1);
    shared->slot[slot].pid = getpid();
    doing(me, "begins");
    return me;
}

UNUSED static void end_work(const worker *me)
{
    doing(me, "has ended");
    store(&shared->life[me->life].ending, now());
}

/* Begins an attempt, with a number and a prompt. */
static void new_wish(worker *me)
{
    me->serial = begin_attempt(me->life);
    shared->slot[me->slot].serial = me->serial;
    make_prompt(me->prompt, me->serial, &me->chance);
}

/* Two detectors of two holders at once. The first is a word with the holder's number; a killed holder leaves it
 * there. */
static void enter_first(worker *me)
{
    me->found = load(&shared->owner);
    if (me->found != 0 && !is_doomed(me->found))
        fail(__FILE__, __LINE__, "number %d of process %d is in while number %d of process %d has the lock",
             me->serial, (int)getpid(), me->found, (int)shared->life[shared->attempt[me->found].life].pid);
    if (!swap(&shared->owner, me->found, me->serial))
        fail(__FILE__, __LINE__, "another one came in together with number %d of process %d", me->serial,
             (int)getpid());
}

static void leave_first(const worker *me)
{
    if (!swap(&shared->owner, me->serial, 0))
        fail(__FILE__, __LINE__, "number %d of process %d was not alone: number %d", me->serial, (int)getpid(),
             load(&shared->owner));
}

/* The second is a lock of another kind, fcntl(2), on another file. The kernel drops a killed process's before its flock.
 * Threads share theirs, and use the kind that belongs to the open file. */
static void lock_token(const worker *me, short kind)
{
    struct flock whole = {.l_type = kind, .l_whence = SEEK_SET};

    if (fcntl(me->token, me->is_thread ? F_OFD_SETLK : F_SETLK, &whole) == -1)
        fail(__FILE__, __LINE__, "number %d of process %d has the lock and not the token (errno: %s)", me->serial,
             (int)getpid(), strerror(errno));
}

UNUSED static void enter(worker *me)
{
    enter_first(me);
    lock_token(me, F_WRLCK);
}

UNUSED static void leave(const worker *me)
{
    lock_token(me, F_UNLCK);
    leave_first(me);
}

static void nap(worker *me, int longest_us)
{
    struct timespec pause = {0, 1000L * (1 + below(&me->chance, longest_us))};

    nanosleep(&pause, NULL);
}

/* Checks what a refused caller is told. */
static void check_refusal(const worker *me, ralph_lock_metadata *holder, int began)
{
    if (log_of != NULL) {
        calls *log = &log_of[me->slot];

        if (log->refusals < REFUSALS)
            log->refusal[log->refusals++] = (span){began, now()};
    }
    count(REFUSED);
    if (holder != NULL)
        check_holder_on_record(holder, began);
    ralph_lock_metadata_free(holder);
}

static ralph_lock_guard *try_until_taken(worker *me)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status;
    int began;

    doing(me, "tries");
    while (began = now(), (status = ralph_lock_try_acquire(shared->root, me->prompt, &guard, &holder, &error))
                              != RALPH_LOCK_OK) {
        if (status != RALPH_LOCK_ALREADY_LOCKED)
            fail(__FILE__, __LINE__, "cannot acquire: %s", ralph_lock_error_message(error));
        ralph_lock_error_free(error);
        check_refusal(me, holder, began);
        nap(me, 1000);
    }
    if (log_of != NULL)
        log_of[me->slot].tenure[log_of[me->slot].tenures].begin = began;
    return guard;
}

/* Waits some milliseconds at a time. */
static ralph_lock_guard *wait_until_taken(worker *me)
{
    ralph_lock_options *options = timeout_of((uint64_t)below(&me->chance, 8));
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_status status;

    doing(me, "waits for milliseconds");
    while ((status = ralph_lock_acquire_with(shared->root, me->prompt, options, &guard, &holder, NULL))
           != RALPH_LOCK_OK) {
        if (status != RALPH_LOCK_TIMED_OUT)
            CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, status);
        /* The last known holder, which may have released it. */
        if (holder != NULL)
            check_record(holder);
        ralph_lock_metadata_free(holder);
        count(TIMED_OUT);
        nap(me, 300);
    }
    ralph_lock_options_free(options);
    return guard;
}

/* Takes the lock in one of all ways. */
UNUSED static ralph_lock_guard *take(worker *me)
{
    static const char *const names[] = {"blocks", "waits", "polls"};
    int how = below(&me->chance, 10);
    int began = now();
    ralph_lock_guard *guard;

    if (log_of != NULL)
        log_of[me->slot].tenure[log_of[me->slot].tenures].begin = began;
    if (how < 3) {
        guard = try_until_taken(me);
    } else if (how < 4) {
        guard = wait_until_taken(me);
    } else {
        way as = how < 8 ? BLOCKING : how < 9 ? TIMED : STEPPED;

        doing(me, names[as]);
        guard = wait_for(shared->root, me->prompt, as);
    }
    doing(me, "has the lock");
    return guard;
}

/* Checks the record that was left: that of a killed holder, and of the very one in the detector if none was killed
 * since. */
UNUSED static void check_previous(const worker *me, const ralph_lock_guard *guard)
{
    ralph_lock_metadata *previous;
    ralph_lock_status status = ralph_lock_guard_previous(guard, &previous, NULL);
    int serial = -1;

    if (status == RALPH_LOCK_OK) {
        serial = check_record(previous);
        if (serial != 0 && !leaves_records(serial))
            fail(__FILE__, __LINE__, "number %d was left behind, and had ended well", serial);
        count(PREVIOUS);
    } else {
        CHECK_STATUS(RALPH_LOCK_NOT_FOUND, status);
    }
    if (!shared->loses_files && me->found != 0
        && shared->attempt[me->found].life == load(&shared->last_doomed) && serial != me->found
        && !(serial == 0
             && (pid_t)ralph_lock_metadata_pid(previous) == shared->life[shared->attempt[me->found].life].pid))
        fail(__FILE__, __LINE__, "number %d was killed with the lock, and %d is told of", me->found, serial);
    ralph_lock_metadata_free(previous);
}

/* Checks, as the holder, that its record can be read. */
static void check_own_record(const worker *me, bool by_inspect)
{
    ralph_lock_metadata *record = NULL;
    ralph_lock_state state = RALPH_LOCK_STATE_HELD;

    if (by_inspect)
        state = look(shared->root, &record);
    else
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(shared->root, &record, NULL));
    if (state != RALPH_LOCK_STATE_HELD || record == NULL
        || strcmp(ralph_lock_metadata_prompt(record), me->prompt) != 0)
        fail(__FILE__, __LINE__, "number %d of process %d holds the lock, and state %d of \"%.60s\" is seen",
             me->serial, (int)getpid(), (int)state, record ? ralph_lock_metadata_prompt(record) : "no process");
    check_record(record);
    ralph_lock_metadata_free(record);
}

/* What a holder does with the lock: it looks, and lets others run. */
UNUSED static void dwell(worker *me)
{
    int i, what = below(&me->chance, 16);

    if (what < 2)
        check_own_record(me, what == 1);
    for (i = below(&me->chance, 3); i > 0; i--)
        sched_yield();
}

UNUSED static void give_up(worker *me, ralph_lock_guard *guard)
{
    doing(me, "releases");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    store(&shared->attempt[me->serial].let_go, now());
    if (log_of != NULL) {
        calls *log = &log_of[me->slot];

        log->tenure[log->tenures++].end = now();
        CHECK(log->tenures < TENURES);
    }
    shared->slot[me->slot].done++;
    count(ACQUIRED);
}

/* Whether another worker had the lock between two moments, by the log of its calls. */
static bool was_held(int except, span call)
{
    int slot;

    for (slot = 0; slot < SLOTS; slot++) {
        const calls *log = &log_of[slot];
        int low = 0, high = log->tenures;

        /* The first that ended after the call began. */
        while (low < high) {
            int middle = (low + high) / 2;

            if (log->tenure[middle].end < call.begin)
                low = middle + 1;
            else
                high = middle;
        }
        if (slot != except && low < log->tenures && log->tenure[low].begin < call.end)
            return true;
    }
    return false;
}

/* Checks that no call was refused while no other worker had the lock, and returns how many were refused. */
UNUSED static int check_refusals(void)
{
    int slot, i, many = 0;

    for (slot = 0; slot < SLOTS; slot++)
        for (i = 0; i < log_of[slot].refusals; i++, many++)
            if (!was_held(slot, log_of[slot].refusal[i]))
                fail(__FILE__, __LINE__, "worker %d was refused between %d and %d, when no other had the lock", slot,
                     log_of[slot].refusal[i].begin, log_of[slot].refusal[i].end);
    return many;
}

/* Logs all calls from now on. */
UNUSED static void log_calls(void)
{
    log_of = mmap(NULL, SLOTS * sizeof *log_of, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(log_of != MAP_FAILED);
}

#endif
