/* Target: any sequence of calls of all functions, with any values as handles and any other arguments. Each call
 * says what it must, by a model of what was done before: who holds which file, and which handles live. In the
 * end nothing is open or allocated that was not before.
 *
 * One function of the library is one function here; the table at the end lists them. */
#include "handles.h"

static const root *pick_root(void)
{
    return &roots[first_or_below(sizeof roots / sizeof *roots)];
}

static const char *pick_prompt(void)
{
    return usually() ? text_of_input() : NULL;
}

static bool is_prompt(const char *prompt)
{
    return prompt != NULL && is_utf8(prompt, strlen(prompt));
}

/* What is wrong with arguments that many functions have. */
static set faults_of(const root *which, const char *prompt, bool result_wanted)
{
    return is_no_root(which) || !is_prompt(prompt) || !result_wanted ? ONE(RALPH_LOCK_INVALID_ARGUMENT) : 0;
}

/* TAKING. */

/* What a try at the lock says, where the arguments are right; `held`: what it says if it is held. */
static set outcome(const root *which, size_t lock_file, ralph_lock_status held)
{
    if (which->directory == -1)
        return ONE(which->status);
    if (is_blocked(which, lock_file))
        return ONE(RALPH_LOCK_IO);
    return is_held(file_at(which, lock_file)) ? ONE(held) : ONE(RALPH_LOCK_OK);
}

/* A guard is there exactly when the lock was taken, and a holder when somebody was in the way who is on record. */
static void keep_results(ralph_lock_status status, const root *which, size_t lock_file, const char *prompt,
                         ralph_lock_guard *guard, bool guard_wanted, ralph_lock_metadata *holder,
                         bool holder_wanted)
{
    file *of = file_at(which, lock_file);
    bool in_the_way = status == RALPH_LOCK_ALREADY_LOCKED || status == RALPH_LOCK_TIMED_OUT;

    if (holder_wanted) {
        CHECK((holder != NULL) == (in_the_way && is_named(of)));
        if (holder != NULL)
            keep_metadata(holder, &of->record);
    }
    if (guard_wanted) {
        CHECK((guard != NULL) == (status == RALPH_LOCK_OK));
        if (guard != NULL)
            keep_guard(guard, which, lock_file, prompt, true);
    }
}

static void call_try_acquire(void)
{
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    bool guard_wanted = usually(), holder_wanted = usually();
    ralph_lock_guard *guard = RUBBISH;
    ralph_lock_metadata *holder = RUBBISH;
    set allowed = faults_of(which, prompt, guard_wanted);
    ralph_lock_status status =
        ralph_lock_try_acquire(which->path, prompt, guard_wanted ? &guard : NULL, holder_wanted ? &holder : NULL,
                               error_place());

    finish("try_acquire", allowed ? allowed : outcome(which, 0, RALPH_LOCK_ALREADY_LOCKED), status);
    keep_results(status, which, 0, prompt, guard, guard_wanted, holder, holder_wanted);
}

static void call_acquire_blocking(void)
{
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    bool guard_wanted = usually();
    ralph_lock_guard *guard = RUBBISH;
    set allowed = faults_of(which, prompt, guard_wanted);
    ralph_lock_status status;

    /* It would wait for ever. */
    if (!allowed && is_held(file_at(which, 0)))
        return;
    status = ralph_lock_acquire_blocking(which->path, prompt, guard_wanted ? &guard : NULL, error_place());
    finish("acquire_blocking", allowed ? allowed : outcome(which, 0, RALPH_LOCK_OK), status);
    keep_results(status, which, 0, prompt, guard, guard_wanted, NULL, false);
}

/* What is too long to wait for, in milliseconds. */
#define FOR_EVER 100000

static void call_acquire_with(void)
{
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    ralph_lock_options *options = pick_handle(OPTIONS);
    object *chosen = find(options, OPTIONS);
    bool guard_wanted = usually(), holder_wanted = usually();
    ralph_lock_guard *guard = RUBBISH;
    ralph_lock_metadata *holder = RUBBISH;
    set allowed = faults_of(which, prompt, guard_wanted);
    size_t lock_file = chosen != NULL ? chosen->lock_file : 0;
    uint64_t timeout_ms = chosen != NULL ? chosen->timeout_ms : 0;
    ralph_lock_status status;

    if (options != NULL && chosen == NULL)
        allowed |= ONE(RALPH_LOCK_INVALID_HANDLE);
    if (!allowed && chosen != NULL && chosen->token != -1 && tokens[chosen->token])
        allowed = ONE(RALPH_LOCK_CANCELLED);
    if (!allowed) {
        if (timeout_ms > FOR_EVER && is_held(file_at(which, lock_file)))
            return;
        allowed = outcome(which, lock_file, timeout_ms == 0 ? RALPH_LOCK_ALREADY_LOCKED : RALPH_LOCK_TIMED_OUT);
    }
    status = ralph_lock_acquire_with(which->path, prompt, options, guard_wanted ? &guard : NULL,
                                     holder_wanted ? &holder : NULL, error_place());
    finish("acquire_with", allowed, status);
    keep_results(status, which, lock_file, prompt, guard, guard_wanted, holder, holder_wanted);
}

/* GUARDS. */

static set guard_faults(const void *guard)
{
    return guard == NULL ? ONE(RALPH_LOCK_INVALID_ARGUMENT)
           : find(guard, GUARD) == NULL ? ONE(RALPH_LOCK_INVALID_HANDLE) : 0;
}

static void call_release(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    ralph_lock_status status = ralph_lock_release(guard);

    expect("release", ONE(guard == NULL || found != NULL ? RALPH_LOCK_OK : RALPH_LOCK_INVALID_HANDLE), status);
    if (found != NULL) {
        found->file->named = false;
        forget_guard(found);
    }
}

static void call_guard_path(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    const char *path = ralph_lock_guard_path(guard);

    CHECK((path != NULL) == (found != NULL));
    CHECK(path == NULL || strcmp(path, found->path) == 0);
}

static void call_guard_verify(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    ralph_lock_status status = ralph_lock_guard_verify(guard, error_place());

    finish("guard_verify",
           found == NULL ? guard_faults(guard) : ONE(found->file->at_place ? RALPH_LOCK_OK : RALPH_LOCK_LOST),
           status);
}

static void call_guard_previous(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    bool wanted = usually();
    ralph_lock_metadata *metadata = RUBBISH;
    set allowed = guard_faults(guard) | (wanted ? 0 : ONE(RALPH_LOCK_INVALID_ARGUMENT));
    ralph_lock_status status = ralph_lock_guard_previous(guard, wanted ? &metadata : NULL, error_place());

    if (!allowed)
        allowed = ONE(found->has_previous ? RALPH_LOCK_OK : RALPH_LOCK_NOT_FOUND);
    finish("guard_previous", allowed, status);
    CHECK(!wanted || (metadata != NULL) == (status == RALPH_LOCK_OK));
    if (status == RALPH_LOCK_OK)
        keep_metadata(metadata, &found->record);
}

/* ASKING. */

/* What is wrong when a workspace is only looked at. None: 0. */
static set look_faults(const root *which, bool result_wanted)
{
    if (is_no_root(which) || !result_wanted)
        return ONE(RALPH_LOCK_INVALID_ARGUMENT);
    if (is_blocked(which, 0))
        return ONE(RALPH_LOCK_IO);
    /* What is in no directory is not locked, and nobody is on record there. */
    return which->directory == -1 && which->os_code != ENOENT ? ONE(which->status) : 0;
}

static void call_read_existing(void)
{
    const root *which = pick_root();
    file *of = file_at(which, 0);
    bool wanted = usually();
    ralph_lock_metadata *metadata = RUBBISH;
    set allowed = look_faults(which, wanted);
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
    set allowed = look_faults(which, wanted);
    ralph_lock_status status = ralph_lock_is_locked(which->path, wanted ? &locked : NULL, error_place());

    finish("is_locked", allowed ? allowed : ONE(RALPH_LOCK_OK), status);
    CHECK(!wanted || locked == (status == RALPH_LOCK_OK && is_held(file_at(which, 0))));
}

static void call_inspect(void)
{
    const root *which = pick_root();
    file *of = file_at(which, 0);
    bool state_wanted = usually(), metadata_wanted = usually(), answered;
    ralph_lock_state state = (ralph_lock_state)77;
    ralph_lock_metadata *metadata = RUBBISH;
    set allowed = look_faults(which, state_wanted);
    ralph_lock_status status = ralph_lock_inspect(which->path, state_wanted ? &state : NULL,
                                                  metadata_wanted ? &metadata : NULL, error_place());

    finish("inspect", allowed ? allowed : ONE(RALPH_LOCK_OK), status);
    answered = status == RALPH_LOCK_OK;
    CHECK(!state_wanted || state == (!answered      ? RALPH_LOCK_STATE_FREE
                                     : is_held(of)  ? RALPH_LOCK_STATE_HELD
                                     : is_named(of) ? RALPH_LOCK_STATE_STALE
                                                    : RALPH_LOCK_STATE_FREE));
    CHECK(!metadata_wanted || (metadata != NULL) == (answered && is_named(of)));
    if (answered && metadata_wanted && metadata != NULL)
        keep_metadata(metadata, &of->record);
}

/* Only signals that do nothing to a process that does not ask for them: the holder is this one. */
static void call_signal_holder(void)
{
    static const int32_t numbers[] = {0, SIGCONT, SIGURG, SIGWINCH, -1, 65, INT32_MAX, INT32_MIN};
    const root *which = pick_root();
    file *of = file_at(which, 0);
    size_t choice = below(8);
    set allowed = look_faults(which, true);
    ralph_lock_status status = ralph_lock_signal_holder(which->path, numbers[choice], error_place());

    if (!allowed) {
        allowed = ONE(!is_held(of)           ? RALPH_LOCK_NOT_FOUND
                      : !is_named(of)        ? RALPH_LOCK_PARSE
                      : !of->record.is_ours  ? RALPH_LOCK_NOT_LIVE
                      : choice < 4           ? RALPH_LOCK_OK
                                             : RALPH_LOCK_INVALID_ARGUMENT);
        if (choice >= 4)
            allowed |= ONE(RALPH_LOCK_INVALID_ARGUMENT);
    }
    finish("signal_holder", allowed, status);
}

/* It looks at all of /proc: once in a run is enough. */
static bool looked_for_keepers;

static void call_find_keepers(void)
{
    const root *which = pick_root();
    bool wanted = usually(), room = usually();
    uint32_t pids[2] = {77, 77};
    size_t count = 77, capacity = below(3);
    set allowed = look_faults(which, wanted && (room || capacity == 0));
    bool held = is_held(file_at(which, 0));
    ralph_lock_status status;

    if (!allowed && looked_for_keepers)
        return;
    looked_for_keepers |= !allowed;
    status = ralph_lock_find_keepers(which->path, room ? pids : NULL, capacity, wanted ? &count : NULL,
                                     error_place());
    finish("find_keepers", allowed ? allowed : ONE(RALPH_LOCK_OK), status);
    CHECK(!wanted || count == (status == RALPH_LOCK_OK && held));
    CHECK(pids[0] == (room && wanted && count == 1 && capacity > 0 ? (uint32_t)getpid() : 77) && pids[1] == 77);
}

/* What the file system is, nobody knows here, but it does lock. */
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

/* HANDING OVER. */

static void call_guard_into_fd(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    bool wanted = usually();
    int32_t fd = 77;
    set allowed = guard_faults(guard) | (wanted ? 0 : ONE(RALPH_LOCK_INVALID_ARGUMENT));
    ralph_lock_status status = ralph_lock_guard_into_fd(guard, wanted ? &fd : NULL, error_place());

    finish("guard_into_fd", allowed ? allowed : ONE(RALPH_LOCK_OK), status);
    CHECK(!wanted || (fd == -1) == (status != RALPH_LOCK_OK));
    if (status == RALPH_LOCK_OK) {
        CHECK(fcntl(fd, F_GETFD) == 0);
        keep_descriptor(fd, found->file, true);
        found->file->holder = fd;
        forget_guard(found);
    }
}

static void call_adopt_fd(void)
{
    static descriptor closed[] = {{-1, NULL, false}, {1 << 20, NULL, false}, {INT32_MIN, NULL, false}};
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    ralph_lock_options *options = pick_handle(OPTIONS);
    object *chosen = find(options, OPTIONS);
    descriptor *given = descriptors_used > 0 && usually() ? &descriptors[below(descriptors_used)] : &closed[below(3)];
    bool wanted = usually();
    ralph_lock_guard *guard = RUBBISH;
    size_t lock_file = chosen != NULL ? chosen->lock_file : 0;
    file *of = given->file;
    set allowed = faults_of(which, prompt, wanted);
    ralph_lock_status status;

    if (options != NULL && chosen == NULL)
        allowed |= ONE(RALPH_LOCK_INVALID_HANDLE);
    if (!given->writable)
        allowed |= ONE(RALPH_LOCK_INVALID_ARGUMENT);
    if (!allowed) {
        if (of == NULL || file_at(which, lock_file) != of)
            allowed = ONE(of != NULL && !of->at_place && which->status != RALPH_LOCK_INVALID_ARGUMENT
                              ? RALPH_LOCK_LOST
                              : RALPH_LOCK_INVALID_ARGUMENT);
        else
            allowed = ONE(is_held(of) && of->holder != given->fd ? RALPH_LOCK_ALREADY_LOCKED : RALPH_LOCK_OK);
    }
    status = ralph_lock_adopt_fd(which->path, prompt, options, given->fd, wanted ? &guard : NULL, error_place());
    finish("adopt_fd", allowed, status);
    CHECK(!wanted || (guard != NULL) == (status == RALPH_LOCK_OK));
    CHECK((fcntl(given->fd, F_GETFD) == -1) == (status == RALPH_LOCK_OK || given->fd < 0 || given->fd == 1 << 20));
    if (status == RALPH_LOCK_OK) {
        forget_descriptor(given);
        keep_guard(guard, which, lock_file, prompt, false);
    }
}

/* OPTIONS AND TOKENS. */

static void call_options_new(void)
{
    object *made = new_object(ralph_lock_options_new(), OPTIONS);

    made->timeout_ms = UINT64_MAX;
}

static set options_faults(const void *options)
{
    return options == NULL ? ONE(RALPH_LOCK_INVALID_ARGUMENT)
           : find(options, OPTIONS) == NULL ? ONE(RALPH_LOCK_INVALID_HANDLE) : 0;
}

static void call_options_set_timeout_ms(void)
{
    static const uint64_t times[] = {0, 1, 20, 1500, FOR_EVER + 1, (uint64_t)1 << 62, UINT64_MAX - 1, UINT64_MAX};
    ralph_lock_options *options = pick_handle(OPTIONS);
    set faults = options_faults(options);
    uint64_t time = times[below(8)];

    expect("options_set_timeout_ms", faults ? faults : ONE(RALPH_LOCK_OK),
           ralph_lock_options_set_timeout_ms(options, time));
    if (!faults)
        find(options, OPTIONS)->timeout_ms = time;
}

static void call_options_set_cancel(void)
{
    ralph_lock_options *options = pick_handle(OPTIONS);
    ralph_lock_cancel *cancel = pick_handle(CANCEL);
    object *token = find(cancel, CANCEL);
    set faults = options_faults(options) | (cancel != NULL && token == NULL ? ONE(RALPH_LOCK_INVALID_HANDLE) : 0);

    expect("options_set_cancel", faults ? faults : ONE(RALPH_LOCK_OK),
           ralph_lock_options_set_cancel(options, cancel));
    if (!faults)
        find(options, OPTIONS)->token = token != NULL ? token->token : -1;
}

static void call_options_set_lock_file(void)
{
    ralph_lock_options *options = pick_handle(OPTIONS);
    set faults = options_faults(options);
    size_t good = first_or_below(LOCK_FILES + 1);
    const char *lock_file = good < LOCK_FILES ? lock_files[good] : NULL;

    if (!usually()) {
        lock_file = bad_lock_files[below(sizeof bad_lock_files / sizeof *bad_lock_files)];
        faults |= ONE(RALPH_LOCK_INVALID_ARGUMENT);
    }
    expect("options_set_lock_file", faults ? faults : ONE(RALPH_LOCK_OK),
           ralph_lock_options_set_lock_file(options, lock_file));
    if (!faults)
        find(options, OPTIONS)->lock_file = good % LOCK_FILES;
}

/* The object of a handle that is about to be freed, dead from now on. */
static void end(const void *handle, kind kind)
{
    object *found = find(handle, kind);

    if (found != NULL)
        found->live = false;
}

static void call_options_free(void)
{
    ralph_lock_options *options = pick_handle(OPTIONS);

    ralph_lock_options_free(options);
    end(options, OPTIONS);
}

static void call_cancel_new(void)
{
    ralph_lock_cancel *cancel = RUBBISH;
    bool wanted = usually();
    ralph_lock_status status = ralph_lock_cancel_new(wanted ? &cancel : NULL, error_place());

    finish("cancel_new", ONE(wanted ? RALPH_LOCK_OK : RALPH_LOCK_INVALID_ARGUMENT), status);
    if (wanted) {
        tokens[tokens_used] = false;
        new_object(cancel, CANCEL)->token = tokens_used++;
    }
}

static void call_cancel_trigger(void)
{
    ralph_lock_cancel *cancel = pick_handle(CANCEL);
    object *found = find(cancel, CANCEL);

    expect("cancel_trigger",
           ONE(found != NULL    ? RALPH_LOCK_OK
               : cancel == NULL ? RALPH_LOCK_INVALID_ARGUMENT
                                : RALPH_LOCK_INVALID_HANDLE),
           ralph_lock_cancel_trigger(cancel));
    if (found != NULL)
        tokens[found->token] = true;
}

static void call_cancel_free(void)
{
    ralph_lock_cancel *cancel = pick_handle(CANCEL);

    ralph_lock_cancel_free(cancel);
    end(cancel, CANCEL);
}

/* WAITERS. */

/* Whether a descriptor that must be readable is: at once, or on a slow machine a little later. */
static bool is_readable(int fd)
{
    struct pollfd polled = {fd, POLLIN, 0};
    int result;

    do
        result = poll(&polled, 1, 10000);
    while (result == -1 && errno == EINTR);
    return result == 1;
}

static void call_waiter_new(void)
{
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    ralph_lock_options *options = pick_handle(OPTIONS);
    object *chosen = find(options, OPTIONS), *made;
    bool wanted = usually();
    ralph_lock_waiter *waiter = RUBBISH;
    set faults = faults_of(which, prompt, wanted);
    ralph_lock_status status;

    if (options != NULL && chosen == NULL)
        faults |= ONE(RALPH_LOCK_INVALID_HANDLE);
    status = ralph_lock_waiter_new(which->path, prompt, options, wanted ? &waiter : NULL, error_place());
    finish("waiter_new", faults ? faults : ONE(RALPH_LOCK_OK), status);
    CHECK(!wanted || (waiter != NULL) == (status == RALPH_LOCK_OK));
    if (status != RALPH_LOCK_OK)
        return;
    made = new_object(waiter, WAITER);
    made->root = which;
    made->prompt = prompt;
    made->begin = now_monotonic;
    made->timeout_ms = chosen != NULL ? chosen->timeout_ms : UINT64_MAX;
    made->lock_file = chosen != NULL ? chosen->lock_file : 0;
    made->token = chosen != NULL ? chosen->token : -1;
    CHECK(is_readable(ralph_lock_waiter_fd(waiter)));
}

static void call_waiter_fd(void)
{
    ralph_lock_waiter *waiter = pick_handle(WAITER);
    object *found = find(waiter, WAITER);
    int32_t fd = ralph_lock_waiter_fd(waiter);

    CHECK((fd >= 0) == (found != NULL));
    /* Who sleeps on it is woken by the token. */
    CHECK(found == NULL || found->token == -1 || !tokens[found->token] || is_readable(fd));
}

static bool is_over(const object *waiter)
{
    return waiter->timeout_ms <= FOR_EVER &&
           now_monotonic >= waiter->begin + (long long)waiter->timeout_ms * MILLISECOND;
}

static void call_waiter_step(void)
{
    ralph_lock_waiter *waiter = pick_handle(WAITER);
    object *found = find(waiter, WAITER);
    bool guard_wanted = usually(), holder_wanted = usually(), refused;
    ralph_lock_guard *guard = RUBBISH;
    ralph_lock_metadata *holder = RUBBISH;
    set allowed = guard_wanted && waiter != NULL ? 0 : ONE(RALPH_LOCK_INVALID_ARGUMENT);
    ralph_lock_status status;
    file *of;

    if (waiter != NULL && found == NULL)
        allowed |= ONE(RALPH_LOCK_INVALID_HANDLE);
    if (!allowed) {
        if (found->over)
            allowed = ONE(RALPH_LOCK_INVALID_ARGUMENT);
        else if (found->token != -1 && tokens[found->token])
            allowed = ONE(RALPH_LOCK_CANCELLED);
        else
            allowed = outcome(found->root, found->lock_file,
                              is_over(found) ? RALPH_LOCK_TIMED_OUT : RALPH_LOCK_ALREADY_LOCKED);
    }
    status = ralph_lock_waiter_step(waiter, guard_wanted ? &guard : NULL, holder_wanted ? &holder : NULL,
                                    error_place());
    finish("waiter_step", allowed, status);
    CHECK(!guard_wanted || (guard != NULL) == (status == RALPH_LOCK_OK));
    if (found == NULL || !guard_wanted) {
        CHECK(!holder_wanted || holder == NULL);
        return;
    }
    found->over |= status != RALPH_LOCK_ALREADY_LOCKED;
    of = file_at(found->root, found->lock_file);
    refused = status == RALPH_LOCK_ALREADY_LOCKED || status == RALPH_LOCK_TIMED_OUT;
    if (holder_wanted) {
        CHECK(refused ? holder != NULL || !is_named(of) : holder == NULL || status == RALPH_LOCK_CANCELLED);
        /* Who was met at an earlier look, perhaps. */
        if (holder != NULL)
            keep_metadata(holder, NULL);
    }
    if (guard != NULL)
        keep_guard(guard, found->root, found->lock_file, found->prompt, true);
}

static void call_waiter_free(void)
{
    ralph_lock_waiter *waiter = pick_handle(WAITER);

    ralph_lock_waiter_free(waiter);
    end(waiter, WAITER);
}

/* WHAT OBJECTS SAY. */

static void call_metadata_pid(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    uint32_t pid = ralph_lock_metadata_pid(metadata);

    CHECK(found != NULL || pid == 0);
    CHECK(found == NULL || !found->known || pid == found->record.pid);
}

static void call_metadata_started_unix_ns(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    int64_t started = ralph_lock_metadata_started_unix_ns(metadata);

    CHECK(found != NULL || started == 0);
    CHECK(found == NULL || !found->known || started == found->record.started);
}

static void call_metadata_started_rfc3339(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);

    CHECK((ralph_lock_metadata_started_rfc3339(metadata) != NULL) == (found != NULL));
    if (found != NULL)
        check_started(metadata);
}

static void call_metadata_prompt(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    const char *prompt = ralph_lock_metadata_prompt(metadata);

    CHECK((prompt != NULL) == (found != NULL));
    CHECK(found == NULL || !found->known || strcmp(prompt, found->record.prompt) == 0);
}

static void call_metadata_host(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    const char *host = ralph_lock_metadata_host(metadata);

    CHECK(found != NULL || host == NULL);
    if (host != NULL)
        check_text(host);
    CHECK(found == NULL || !found->known || !found->record.is_ours || host != NULL);
}

static void call_metadata_liveness(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    ralph_lock_liveness liveness = ralph_lock_metadata_liveness(metadata);

    CHECK(found != NULL || liveness == RALPH_LOCK_LIVENESS_UNKNOWN);
    CHECK(found == NULL || !found->known || (liveness == RALPH_LOCK_LIVENESS_LIVE) == found->record.is_ours);
}

static void call_metadata_relation(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);
    object *found = find(metadata, METADATA);
    ralph_lock_relation relation = ralph_lock_metadata_relation(metadata);

    CHECK(found != NULL || relation == RALPH_LOCK_RELATION_UNKNOWN);
    CHECK(found == NULL || !found->known || (relation == RALPH_LOCK_RELATION_SELF) == found->record.is_ours);
}

static void call_metadata_free(void)
{
    ralph_lock_metadata *metadata = pick_handle(METADATA);

    ralph_lock_metadata_free(metadata);
    end(metadata, METADATA);
}

static void call_error_status(void)
{
    ralph_lock_error *which = pick_handle(ERROR);
    object *found = find(which, ERROR);

    expect("error_status",
           ONE(found != NULL   ? found->status
               : which == NULL ? RALPH_LOCK_OK
                               : RALPH_LOCK_INVALID_HANDLE),
           ralph_lock_error_status(which));
}

static void call_error_os_code(void)
{
    ralph_lock_error *which = pick_handle(ERROR);
    object *found = find(which, ERROR);

    CHECK(ralph_lock_error_os_code(which) == (found != NULL ? found->os_code : 0));
}

static void call_error_message(void)
{
    check_line(ralph_lock_error_message(pick_handle(ERROR)));
}

static void call_error_path(void)
{
    ralph_lock_error *which = pick_handle(ERROR);
    const char *path = ralph_lock_error_path(which);

    CHECK(path == NULL || (find(which, ERROR) != NULL && strlen(path) > 0));
}

static void call_error_free(void)
{
    ralph_lock_error *which = pick_handle(ERROR);

    ralph_lock_error_free(which);
    end(which, ERROR);
}

static int32_t pick_number(void)
{
    return usually() ? (int32_t)byte() : (int32_t)(uint32_t)word();
}

static void call_status_name(void)
{
    const char *name = ralph_lock_status_name(pick_number());

    check_line(name);
    CHECK(strncmp(name, "RALPH_LOCK_", strlen("RALPH_LOCK_")) == 0);
}

static void call_status_message(void)
{
    check_line(ralph_lock_status_message(pick_number()));
}

static void call_version(void)
{
    CHECK(strcmp(ralph_lock_version(), RALPH_LOCK_VERSION) == 0);
}

/* Every function of the library. A new one goes to the end, so that the inputs which are kept go on meaning what
 * they mean. */
#define CALL(name) {"ralph_lock_" #name, call_##name, 0}
static struct {
    const char *name;
    void (*call)(void);
    unsigned long count;
} calls[] = {
    CALL(try_acquire), CALL(acquire_blocking), CALL(acquire_with), CALL(release), CALL(guard_path),
    CALL(guard_verify), CALL(guard_previous), CALL(read_existing), CALL(is_locked), CALL(inspect),
    CALL(signal_holder), CALL(find_keepers), CALL(guard_into_fd), CALL(adopt_fd), CALL(options_new),
    CALL(options_set_timeout_ms), CALL(options_set_cancel), CALL(options_set_lock_file), CALL(options_free),
    CALL(cancel_new), CALL(cancel_trigger), CALL(cancel_free), CALL(waiter_new), CALL(waiter_fd),
    CALL(waiter_step), CALL(waiter_free), CALL(metadata_pid), CALL(metadata_started_unix_ns),
    CALL(metadata_started_rfc3339), CALL(metadata_prompt), CALL(metadata_host), CALL(metadata_liveness),
    CALL(metadata_relation), CALL(metadata_free), CALL(error_status), CALL(error_os_code), CALL(error_message),
    CALL(error_path), CALL(error_free), CALL(status_name), CALL(status_message), CALL(version),
    CALL(probe_filesystem),
};
#define CALLS (sizeof calls / sizeof *calls)

/* So many that one instance of inotify does for all waits of a run. */
#define MOST_CALLS 90

/* Says what was called and what it gave, how often. */
static void report(void)
{
    size_t index;
    int status;

    for (index = 0; index < CALLS; index++) {
        fprintf(stderr, "called %s %lu\n", calls[index].name, calls[index].count);
        for (status = 0; status < 132; status++)
            if (answers[index][status] > 0)
                fprintf(stderr, "answered %s %s %lu\n", calls[index].name, ralph_lock_status_name(status),
                        answers[index][status]);
    }
}

/* Each file that is left says what the model does. */
static void check_files(void)
{
    size_t directory;

    for (directory = 0; directory < BLOCKED; directory++) {
        file *of = places[directory][0];
        ralph_lock_state state;
        ralph_lock_status status = ralph_lock_inspect(directories[directory], &state, NULL, NULL);

        CHECK(status == RALPH_LOCK_OK);
        CHECK(state == (is_held(of)    ? RALPH_LOCK_STATE_HELD
                        : is_named(of) ? RALPH_LOCK_STATE_STALE
                                       : RALPH_LOCK_STATE_FREE));
    }
}

/* Ends one live object, as its owner does. */
static void end_object(object *which)
{
    switch (which->kind) {
    case GUARD:
        CHECK(ralph_lock_release(which->handle) == RALPH_LOCK_OK);
        CHECK(ralph_lock_release(which->handle) == RALPH_LOCK_INVALID_HANDLE);
        which->file->named = false;
        forget_guard(which);
        break;
    case METADATA:
        check_metadata(which->handle);
        ralph_lock_metadata_free(which->handle);
        break;
    case ERROR:
        CHECK(ralph_lock_error_status(which->handle) == which->status);
        ralph_lock_error_free(which->handle);
        break;
    case OPTIONS:
        ralph_lock_options_free(which->handle);
        break;
    case CANCEL:
        ralph_lock_cancel_free(which->handle);
        break;
    case WAITER:
        ralph_lock_waiter_free(which->handle);
        break;
    }
    which->live = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    account before = balance();
    size_t count, index;

    input = data;
    input_left = size;
    looked_for_keepers = false;
    objects_used = 0;
    tokens_used = 0;
    for (count = 0; count < MOST_CALLS && input_left > 0; count++) {
        size_t which = below(64);

        if (which < CALLS) {
            calls[which].count++;
            calling = which;
            calls[which].call();
        } else if (which >= 56) {
            let_others_act();
        }
    }
    check_files();
    for (index = 0; index < objects_used; index++)
        if (objects[index].live)
            end_object(&objects[index]);
    check_files();
    tidy_world();
    check_balance(before);
    return 0;
}

/* As many objects and waits at a time as a run can have, so that the tables which hold them have grown. */
static void grow_tables(void)
{
    static void *many[sizeof objects / sizeof *objects];
    ralph_lock_guard *guard;
    ralph_lock_waiter *waiters[MOST_CALLS];
    size_t index;

    for (index = 0; index < sizeof many / sizeof *many; index++)
        CHECK((many[index] = ralph_lock_options_new()) != NULL);
    for (index = 0; index < sizeof many / sizeof *many; index++)
        ralph_lock_options_free(many[index]);
    CHECK(ralph_lock_try_acquire(directories[0], "", &guard, NULL, NULL) == RALPH_LOCK_OK);
    new_file(0, 0);
    for (index = 0; index < MOST_CALLS; index++) {
        ralph_lock_guard *none;

        CHECK(ralph_lock_waiter_new(directories[0], "", NULL, &waiters[index], NULL) == RALPH_LOCK_OK);
        CHECK(ralph_lock_waiter_step(waiters[index], &none, NULL, NULL) == RALPH_LOCK_ALREADY_LOCKED);
    }
    for (index = 0; index < MOST_CALLS; index++)
        ralph_lock_waiter_free(waiters[index]);
    CHECK(ralph_lock_release(guard) == RALPH_LOCK_OK);
    tidy_world();
}

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    make_roots();
    grow_tables();
    LLVMFuzzerTestOneInput(NULL, 0);
    if (getenv("FUZZ_REPORT") != NULL)
        atexit(report);
    return 0;
}
