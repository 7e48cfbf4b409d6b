/* A holder in another pid namespace of the same boot is LIVE to a process that sees it. That process learns the
 * holder's pid in its own namespace, can signal it, and can judge it after the release: with and without a user
 * namespace, and whether or not the container's /proc shows its own pids. */
#include "holders.h"

typedef struct container {
    const char *root;
    bool with_user_namespace;
    bool with_own_proc;
} container;

static void hold_as_first_process(void *argument)
{
    const container *what = argument;
    holding how = {what->root, "contained"};

    CHECK(getpid() == 1);
    if (what->with_own_proc)
        mount_own_proc("");
    hold_body(&how);
}

/* Starts the container and relays the letters of its first process. */
static void contain(void *argument)
{
    container *what = argument;
    process first;
    char letter;

    if (what->with_user_namespace && unshare(CLONE_NEWUSER) == -1)
        skip("this user cannot make user namespaces");
    if (what->with_user_namespace) {
        write_file("/proc/self/setgroups", "deny", 4);
        write_file("/proc/self/uid_map", "0 0 1", 5);
        write_file("/proc/self/gid_map", "0 0 1", 5);
    }
    begin_pid_namespace();
    first = start(hold_as_first_process, what);
    if (hear(&first) != 'h')
        finish_or_skip(&first);
    CHECK(write(starter.to, &first.pid, sizeof first.pid) == sizeof first.pid);
    while ((letter = hear(&starter)) != '\0') {
        say(&first, letter);
        if (letter == 'r')
            say(&starter, hear(&first));
    }
    close(first.to);
    first.to = -1;
    reap(&first);
}

static void check_visible(const ralph_lock_metadata *holder, pid_t number)
{
    CHECK(ralph_lock_metadata_pid(holder) == 1);
    CHECK(ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_LIVE);
    CHECK(ralph_lock_metadata_relation(holder) == RALPH_LOCK_RELATION_OTHER);
    CHECK(ralph_lock_metadata_local_pid(holder) == (uint32_t)number);
}

static void check_container(bool with_user_namespace, bool with_own_proc)
{
    container what = {new_workspace(), with_user_namespace, with_own_proc};
    process outer = start(contain, &what);
    ralph_lock_metadata *refused, *inspected;
    ralph_lock_options *options;
    ralph_lock_guard *guard;
    ralph_lock_state state;
    uint32_t keeper;
    size_t count;
    pid_t number;

    if (read(outer.from, &number, sizeof number) != sizeof number)
        finish_or_skip(&outer);
    /* By its pid alone, the record would name another process that lives here. */
    CHECK(number != 1 && kill(1, 0) == 0);

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(what.root, "second", &guard, &refused, NULL));
    check_visible(refused, number);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(what.root, &state, &inspected, NULL));
    CHECK(state == RALPH_LOCK_STATE_HELD);
    check_visible(inspected, number);
    ralph_lock_metadata_free(inspected);
    inspected = on_record(what.root);
    check_visible(inspected, number);
    ralph_lock_metadata_free(refused);
    options = timeout_of(1);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, ralph_lock_acquire_with(what.root, "wait", options, &guard, &refused, NULL));
    ralph_lock_options_free(options);
    check_visible(refused, number);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(what.root, &keeper, 1, &count, NULL));
    CHECK(count == 1 && keeper == (uint32_t)number);

    /* What was learned stays known after the release. */
    say(&outer, 'r');
    CHECK(hear(&outer) == 'r');
    check_visible(refused, number);
    check_visible(inspected, number);
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_signal_holder(what.root, SIGKILL, NULL));
    close(outer.to);
    outer.to = -1;
    CHECK(waitpid(outer.pid, NULL, 0) == outer.pid);
    CHECK(ralph_lock_metadata_liveness(refused) == RALPH_LOCK_LIVENESS_DEAD);
    CHECK(ralph_lock_metadata_local_pid(refused) == 0);
    ralph_lock_metadata_free(inspected);
    ralph_lock_metadata_free(refused);
}

/* The first process of a pid namespace can be killed from outside. */
static void check_signal(void)
{
    container what = {new_workspace(), false, true};
    process outer = start(contain, &what);
    pid_t number;

    if (read(outer.from, &number, sizeof number) != sizeof number)
        finish_or_skip(&outer);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(what.root, 0, NULL));
    CHECK(is_locked(what.root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(what.root, SIGKILL, NULL));
    close(outer.to);
    CHECK(waitpid(outer.pid, NULL, 0) == outer.pid);
    CHECK(!is_locked(what.root));
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_signal_holder(what.root, SIGKILL, NULL));
}

int main(void)
{
    if (geteuid() != 0)
        skip("only root sees the processes of every container");
    check_container(false, true);
    check_container(false, false);
    check_container(true, true);
    check_container(true, false);
    check_signal();
    return 0;
}
