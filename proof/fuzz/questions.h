/* Calls that ask about a workspace. */
#ifndef QUESTIONS_H
#define QUESTIONS_H

#include "acquiring.h"

/* What a question about a lock says of its arguments; 0 if they are right. */
static set question_faults(const root *which, size_t lock_file, bool result_wanted)
{
    if (is_no_root(which) || !result_wanted)
        return ONE(RALPH_LOCK_INVALID_ARGUMENT);
    if (is_blocked(which, lock_file))
        return ONE(RALPH_LOCK_IO);
    /* A directory that is missing has no lock, and no record. */
    return which->directory == -1 && which->os_code != ENOENT ? ONE(which->status) : 0;
}

/* The lock that a question is about. */
typedef struct subject {
    const root *root;
    const ralph_lock_options *options;
    size_t lock_file;
    /* What the call says of the options. */
    set faults;
} subject;

static subject pick_subject(bool with_options)
{
    subject result = {.root = pick_root()};
    object *chosen;

    if (with_options) {
        result.options = pick_handle(OPTIONS);
        chosen = find(result.options, OPTIONS);
        result.lock_file = chosen != NULL ? chosen->lock_file : 0;
        result.faults = result.options != NULL && chosen == NULL ? ONE(RALPH_LOCK_INVALID_HANDLE) : 0;
    }
    return result;
}

/* What such a call says before it looks at the lock; 0: it looks. Where two things are wrong, either. */
static set subject_faults(const subject *of, bool result_wanted)
{
    set faults = question_faults(of->root, of->lock_file, result_wanted);

    if (of->faults)
        return of->faults | question_faults(of->root, 0, result_wanted) | faults;
    return faults;
}

static void call_read_existing(void)
{
    const root *which = pick_root();
    file *of = file_at(which, 0);
    bool wanted = usually();
    ralph_lock_metadata *metadata = RUBBISH;
    set allowed = question_faults(which, 0, wanted);
    ralph_lock_status status = ralph_lock_read_existing(which->path, wanted ? &metadata : NULL, error_place());

    finish("read_existing", allowed ? allowed : ONE(is_named(of) ? RALPH_LOCK_OK : RALPH_LOCK_NOT_FOUND), status);
    CHECK(!wanted || (metadata != NULL) == (status == RALPH_LOCK_OK));
    if (status == RALPH_LOCK_OK)
        keep_metadata(metadata, &of->record);
}

static void call_is_locked(void)
{
    const root *which = pick_root();
    bool wanted = usually(), locked = true;
    set allowed = question_faults(which, 0, wanted);
    ralph_lock_status status = ralph_lock_is_locked(which->path, wanted ? &locked : NULL, error_place());

    finish("is_locked", allowed ? allowed : ONE(RALPH_LOCK_OK), status);
    CHECK(!wanted || locked == (status == RALPH_LOCK_OK && is_taken(which, 0)));
}

static ralph_lock_state state_of(const root *which, size_t lock_file)
{
    if (is_taken(which, lock_file))
        return RALPH_LOCK_STATE_HELD;
    return is_named(file_at(which, lock_file)) ? RALPH_LOCK_STATE_STALE : RALPH_LOCK_STATE_FREE;
}

/* The record that belongs to that state; NULL: none. */
static const record *record_of_state(const root *which, size_t lock_file)
{
    switch (state_of(which, lock_file)) {
    case RALPH_LOCK_STATE_HELD:
        return holder_at(which, lock_file);
    case RALPH_LOCK_STATE_STALE:
        return &file_at(which, lock_file)->record;
    default:
        return NULL;
    }
}

static void inspect(const char *call, bool with_options)
{
    subject of = pick_subject(with_options);
    bool state_wanted = usually(), metadata_wanted = usually(), answered;
    ralph_lock_state state = (ralph_lock_state)77, *state_place = state_wanted ? &state : NULL;
    ralph_lock_metadata *metadata = RUBBISH, **metadata_place = metadata_wanted ? &metadata : NULL;
    ralph_lock_error **place = error_place();
    set allowed = subject_faults(&of, state_wanted);
    const record *expected;
    ralph_lock_status status =
        with_options ? ralph_lock_inspect_with(of.root->path, of.options, state_place, metadata_place, place)
                     : ralph_lock_inspect(of.root->path, state_place, metadata_place, place);

    finish(call, allowed ? allowed : ONE(RALPH_LOCK_OK), status);
    answered = status == RALPH_LOCK_OK;
    CHECK(!state_wanted || state == (answered ? state_of(of.root, of.lock_file) : RALPH_LOCK_STATE_FREE));
    expected = answered ? record_of_state(of.root, of.lock_file) : NULL;
    CHECK(!metadata_wanted || (metadata != NULL) == (expected != NULL));
    if (metadata_wanted && expected != NULL)
        keep_metadata(metadata, expected);
}

static void call_inspect(void)
{
    inspect("inspect", false);
}

static void call_inspect_with(void)
{
    inspect("inspect_with", true);
}

/* Only signals that a process ignores by default: the holder is this one. */
static void signal_holder(const char *call, bool with_options)
{
    static const int32_t numbers[] = {0, SIGCONT, SIGURG, SIGWINCH, -1, 65, INT32_MAX, INT32_MIN};
    subject of = pick_subject(with_options);
    size_t choice = below(8);
    ralph_lock_error **place = error_place();
    set allowed = subject_faults(&of, true);
    ralph_lock_status status =
        with_options ? ralph_lock_signal_holder_with(of.root->path, of.options, numbers[choice], place)
                     : ralph_lock_signal_holder(of.root->path, numbers[choice], place);

    if (!allowed) {
        const record *holder = holder_at(of.root, of.lock_file);

        allowed = ONE(!is_taken(of.root, of.lock_file) ? RALPH_LOCK_NOT_FOUND
                      : holder == NULL                 ? RALPH_LOCK_PARSE
                      : !holder->is_ours               ? RALPH_LOCK_NOT_LIVE
                      : choice < 4                     ? RALPH_LOCK_OK
                                                       : RALPH_LOCK_INVALID_ARGUMENT);
        if (choice >= 4)
            allowed |= ONE(RALPH_LOCK_INVALID_ARGUMENT);
    }
    finish(call, allowed, status);
}

static void call_signal_holder(void)
{
    signal_holder("signal_holder", false);
}

static void call_signal_holder_with(void)
{
    signal_holder("signal_holder_with", true);
}

/* It looks at all of /proc: once in a run is enough. */
static bool looked_for_keepers;

static void find_keepers(const char *call, bool with_options)
{
    subject of = pick_subject(with_options);
    bool wanted = usually(), room = usually();
    uint32_t pids[2] = {77, 77};
    size_t count = 77, capacity = below(3), *count_place = wanted ? &count : NULL;
    set allowed = subject_faults(&of, wanted && (room || capacity == 0));
    bool held = is_taken(of.root, of.lock_file);
    ralph_lock_error **place;
    ralph_lock_status status;

    if (!allowed && looked_for_keepers)
        return;
    looked_for_keepers |= !allowed;
    place = error_place();
    status = with_options ? ralph_lock_find_keepers_with(of.root->path, of.options, room ? pids : NULL, capacity,
                                                         count_place, place)
                          : ralph_lock_find_keepers(of.root->path, room ? pids : NULL, capacity, count_place, place);
    finish(call, allowed ? allowed : ONE(RALPH_LOCK_OK), status);
    CHECK(!wanted || count == (status == RALPH_LOCK_OK && held));
    CHECK(pids[0] == (room && wanted && count == 1 && capacity > 0 ? (uint32_t)getpid() : 77) && pids[1] == 77);
}

static void call_find_keepers(void)
{
    find_keepers("find_keepers", false);
}

static void call_find_keepers_with(void)
{
    find_keepers("find_keepers_with", true);
}

/* The workspace to which a start directory belongs; NULL: none, and `fault` is what the call says. */
static const char *workspace_of(size_t start, const char **path, ralph_lock_status *fault)
{
    const root *which = &roots[start];

    *fault = RALPH_LOCK_OK;
    if (start >= sizeof roots / sizeof *roots) {
        start -= sizeof roots / sizeof *roots;
        *path = trees[start].path;
        return trees[start].root;
    }
    *path = which->path;
    if (is_no_root(which))
        *fault = RALPH_LOCK_INVALID_ARGUMENT;
    else if (which->directory == -1)
        *fault = which->status;
    else if (file_at(which, 0) != NULL)
        return directories[which->directory];
    else
        *fault = RALPH_LOCK_NOT_FOUND;
    return NULL;
}

static void call_find_root(void)
{
    static char buffer[PATH_MAX];
    const char *start, *found;
    ralph_lock_status fault, status;
    bool room, wanted, is_wrong, fits;
    size_t expected, capacity, length = 77;

    found = workspace_of(below(sizeof roots / sizeof *roots + sizeof trees / sizeof *trees), &start, &fault);
    room = usually();
    wanted = usually();
    expected = found != NULL ? strlen(found) : 0;
    /* None, the NUL's, one too few, or plenty. */
    capacity = (const size_t[]){0, 1, expected, sizeof buffer}[below(4)];
    memset(buffer, 77, sizeof buffer);
    is_wrong = !wanted || (!room && capacity > 0);
    fits = capacity == 0 || capacity > expected;
    status = ralph_lock_find_root(start, room ? buffer : NULL, capacity, wanted ? &length : NULL, error_place());
    finish("find_root",
           ONE(is_wrong || (found != NULL && !fits) ? RALPH_LOCK_INVALID_ARGUMENT : fault), status);
    CHECK(!wanted || length == (is_wrong ? 0 : expected));
    if (is_wrong || found == NULL)
        expected = 0;
    if (room && capacity > 0) {
        size_t copied = expected < capacity ? expected : capacity - 1;

        CHECK(memcmp(buffer, found, copied) == 0 && buffer[copied] == '\0');
    }
    CHECK(capacity >= sizeof buffer || buffer[capacity] == 77);
}

/* Which file system it is depends on the machine, but it locks files. */
static void call_probe_filesystem(void)
{
    const root *which = pick_root();
    bool wanted = usually();
    ralph_lock_filesystem verdict = (ralph_lock_filesystem)77;
    set allowed = is_no_root(which) || !wanted ? ONE(RALPH_LOCK_INVALID_ARGUMENT) : ONE(which->status);
    ralph_lock_status status =
        ralph_lock_probe_filesystem(which->path, wanted ? &verdict : NULL, error_place());

    finish("probe_filesystem", allowed, status);
    CHECK(!wanted || verdict < RALPH_LOCK_FILESYSTEM_NO_LOCKS);
    CHECK(!wanted || status == RALPH_LOCK_OK || verdict == RALPH_LOCK_FILESYSTEM_UNKNOWN);
}

#endif
