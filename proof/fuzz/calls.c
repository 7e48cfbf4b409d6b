/* Target: any sequence of calls of all functions, with any values as handles and any other arguments. Each call is
 * checked against a model of what was done before: which guard or descriptor holds which file, and which handles live.
 * In the end as much is open and allocated as before.
 *
 * One function of the library is one function here; the table below lists them. */
#include "answers.h"
#include "guards.h"
#include "questions.h"
#include "waiters.h"

/* Every function of the library. New ones go to the end, so that the checked-in inputs keep their meaning. */
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
    CALL(probe_filesystem), CALL(find_root), CALL(inspect_with), CALL(signal_holder_with), CALL(find_keepers_with),
    CALL(guard_restore), CALL(metadata_summary), CALL(metadata_local_pid),
};
#define CALLS (sizeof calls / sizeof *calls)

/* Few enough for one inotify instance to serve all waits of a run. */
#define MOST_CALLS 90

/* Prints how often each function was called, and how often it gave each status. */
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

/* Checks that the library sees each lock as the model does. */
static void check_files(void)
{
    size_t directory;

    for (directory = 0; directory < BLOCKED; directory++) {
        ralph_lock_state state;
        ralph_lock_status status = ralph_lock_inspect(directories[directory], &state, NULL, NULL);

        CHECK(status == RALPH_LOCK_OK);
        CHECK(state == state_of(&roots[directory], 0));
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

/* Makes as many objects and waits as a run can have, so that the library's tables have grown before the first run. */
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
