/* The steps: calls of one exported function each. */
#ifndef PERFORM_H
#define PERFORM_H

#include "state.h"

static void try_acquire(void)
{
    CALL(ralph_lock_try_acquire(root, "step", &guard, &metadata, &error));
}

static void try_acquire_big(void)
{
    CALL(ralph_lock_try_acquire(root, big, &guard, &metadata, &error));
}

static void acquire_blocking(void)
{
    CALL(ralph_lock_acquire_blocking(root, "step", &guard, &error));
}

static void acquire_with(void)
{
    CALL(ralph_lock_acquire_with(root, "step", options, &guard, &metadata, &error));
}

static void waiter_new(void)
{
    CALL(ralph_lock_waiter_new(root, "step", options, &waiter, &error));
}

static void waiter_step(void)
{
    CALL(ralph_lock_waiter_step(waiter, &guard, &metadata, &error));
}

static void waiter_fd(void)
{
    say(ralph_lock_waiter_fd(waiter) >= 0 ? "a descriptor" : "none");
}

static void waiter_free(void)
{
    ralph_lock_waiter_free(waiter);
    waiter = NULL;
}

static void release(void)
{
    CALL(ralph_lock_release(own));
    own = NULL;
}

static void guard_path(void)
{
    say(strcmp(ralph_lock_guard_path(own), lock_file) == 0 ? "the lock file" : "another file");
}

static void guard_verify(void)
{
    CALL(ralph_lock_guard_verify(own, &error));
}

static void guard_restore(void)
{
    CALL(ralph_lock_guard_restore(own, &metadata, &error));
}

static void guard_previous(void)
{
    CALL(ralph_lock_guard_previous(own, &metadata, &error));
}

static void guard_into_fd(void)
{
    CALL(ralph_lock_guard_into_fd(own, &fd, &error));
    if (status == RALPH_LOCK_OK)
        own = NULL, fd_has_lock = true;
}

static void adopt_fd(void)
{
    CALL(ralph_lock_adopt_fd(root, "step", NULL, fd, &guard, &error));
    if (status == RALPH_LOCK_OK)
        fd = -1;
}

static void read_existing(void)
{
    CALL(ralph_lock_read_existing(root, &metadata, &error));
}

static void is_locked(void)
{
    bool locked;

    CALL(ralph_lock_is_locked(root, &locked, &error));
    if (status == RALPH_LOCK_OK)
        say(locked ? "locked" : "free");
}

static void say_state(ralph_lock_state state)
{
    static const char *const names[] = {"FREE", "HELD", "STALE"};

    if (status == RALPH_LOCK_OK)
        say(names[state]);
}

static void inspect(void)
{
    ralph_lock_state state;

    CALL(ralph_lock_inspect(root, &state, &metadata, &error));
    say_state(state);
}

static void inspect_with(void)
{
    ralph_lock_state state;

    CALL(ralph_lock_inspect_with(root, options, &state, &metadata, &error));
    say_state(state);
}

static void signal_holder(void)
{
    CALL(ralph_lock_signal_holder(root, SIGCONT, &error));
}

static void signal_holder_with(void)
{
    CALL(ralph_lock_signal_holder_with(root, options, SIGCONT, &error));
}

static void say_keepers(size_t count)
{
    if (status == RALPH_LOCK_OK)
        say(count == 0 ? "none" : count == 1 ? "one" : "many");
}

static void find_keepers(void)
{
    uint32_t pids[4];
    size_t count;

    CALL(ralph_lock_find_keepers(root, pids, 4, &count, &error));
    say_keepers(count);
}

static void find_keepers_with(void)
{
    uint32_t pids[4];
    size_t count;

    CALL(ralph_lock_find_keepers_with(root, options, pids, 4, &count, &error));
    say_keepers(count);
}

static void find_root(void)
{
    char found[300];
    size_t length;

    CALL(ralph_lock_find_root(start, found, sizeof found, &length, &error));
    if (status == RALPH_LOCK_OK)
        say(strcmp(found, root) == 0 ? "the workspace" : "another directory");
}

static void probe_filesystem(void)
{
    static const char *const names[] = {"UNKNOWN", "LOCAL", "DISTRIBUTED", "NO_LOCKS"};
    ralph_lock_filesystem verdict;

    CALL(ralph_lock_probe_filesystem(root, &verdict, &error));
    if (status == RALPH_LOCK_OK)
        say(names[verdict]);
}

static void cancel_new(void)
{
    CALL(ralph_lock_cancel_new(&cancel, &error));
}

static void cancel_trigger(void)
{
    CALL(ralph_lock_cancel_trigger(cancel));
}

static void cancel_free(void)
{
    ralph_lock_cancel_free(cancel);
    cancel = NULL;
}

static void options_new(void)
{
    options = ralph_lock_options_new();
    say(options ? "options" : "none");
}

static void set_timeout(void)
{
    CALL(ralph_lock_options_set_timeout_ms(options, 5));
}

static void set_cancel(void)
{
    CALL(ralph_lock_options_set_cancel(options, cancel));
}

static void set_lock_file(void)
{
    CALL(ralph_lock_options_set_lock_file(options, "build/x.lock"));
}

static void options_free(void)
{
    ralph_lock_options_free(options);
    options = NULL;
}

static void metadata_pid(void)
{
    say(ralph_lock_metadata_pid(metadata) != 0 ? "a number" : "none");
}

static void metadata_ns(void)
{
    say(ralph_lock_metadata_started_unix_ns(metadata) > 0 ? "a time" : "none");
}

static void metadata_rfc3339(void)
{
    say(ralph_lock_metadata_started_rfc3339(metadata) ? "a time" : "none");
}

static void metadata_prompt(void)
{
    say(ralph_lock_metadata_prompt(metadata));
}

static void metadata_host(void)
{
    say(ralph_lock_metadata_host(metadata) ? "a name" : "none");
}

static void metadata_summary(void)
{
    say(*ralph_lock_metadata_summary(metadata) != '\0' ? "a line" : "none");
}

static void metadata_local_pid(void)
{
    say(ralph_lock_metadata_local_pid(metadata) != 0 ? "a number" : "none");
}

static void metadata_liveness(void)
{
    static const char *const names[] = {"UNKNOWN", "LIVE", "DEAD", "RECYCLED", "FOREIGN"};

    say(names[ralph_lock_metadata_liveness(metadata)]);
}

static void metadata_relation(void)
{
    static const char *const names[] = {"UNKNOWN", "SELF", "ANCESTOR", "OTHER"};

    say(names[ralph_lock_metadata_relation(metadata)]);
}

static void metadata_free(void)
{
    ralph_lock_metadata_free(metadata);
    metadata = NULL;
}

static void error_status(void)
{
    say(ralph_lock_status_name((int32_t)ralph_lock_error_status(error)));
}

static void error_os_code(void)
{
    say(ralph_lock_error_os_code(error) == 0 ? "none" : "one");
}

static void error_message(void)
{
    say(ralph_lock_error_message(error) ? "a text" : "none");
}

static void error_path(void)
{
    say(ralph_lock_error_path(error) ? "a path" : "none");
}

static void error_free(void)
{
    ralph_lock_error_free(error);
    error = NULL;
}

static void status_name(void)
{
    say(ralph_lock_status_name(102));
}

static void status_message(void)
{
    say(ralph_lock_status_message(102) ? "a text" : "none");
}

static void version(void)
{
    say(strcmp(ralph_lock_version(), RALPH_LOCK_VERSION) == 0 ? "the header's" : "another");
}

#endif
