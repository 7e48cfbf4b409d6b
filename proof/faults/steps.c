/* The steps: every exported function, on each of its paths. */
#include "found.h"
#include "prepare_root.h"

int line[2];

#define STEP(function, path, prepare, perform) {"ralph_lock_" #function, path, prepare, perform, NOTHING, false, false}
#define FRESH(function, path, prepare, perform) {"ralph_lock_" #function, path, prepare, perform, NOTHING, false, true}
#define EVENT(function, path, prepare, perform, event) {"ralph_lock_" #function, path, prepare, perform, event, false, false}
#define NETWORK(function, path, prepare, perform) {"ralph_lock_" #function, path, prepare, perform, NOTHING, true, false}

const step steps[] = {
    FRESH(try_acquire, "there is no `.ralph`", no_folder, try_acquire),
    FRESH(try_acquire, "it is free", blank, try_acquire),
    STEP(try_acquire, "a holder died", leftover, try_acquire),
    STEP(try_acquire, "the record is large", blank, try_acquire_big),
    FRESH(try_acquire, "it is held", held, try_acquire),
    EVENT(try_acquire, "its holder left no record", nameless, try_acquire, LET_PASS),
    EVENT(try_acquire, "the holder died, and its child keeps the lock", left, try_acquire, LET_PASS),
    EVENT(try_acquire, "another process asks whether it is held", probed, try_acquire, RELEASE),
    STEP(try_acquire, "it is free, and read-only for the caller", unwritable, try_acquire),
    STEP(try_acquire, "it is held, and read-only for the caller", unwritable_and_held, try_acquire),
    EVENT(try_acquire, "the file is removed before it is locked", blank, try_acquire, REMOVE),
    NETWORK(try_acquire, "on a network file system", blank, try_acquire),
    NETWORK(try_acquire, "on a network file system, where it is held", held, try_acquire),
    EVENT(try_acquire, "it is held, and `.ralph` was removed", held_and_removed, try_acquire, LET_PASS),
    EVENT(try_acquire, "it is held, and another file is in the place of its own", held_and_replaced, try_acquire,
          LET_PASS),
    EVENT(try_acquire, "the root is locked", root_locked, try_acquire, LET_PASS),
    EVENT(try_acquire, "the root is locked, then unlocked", root_locked, try_acquire, RELEASE),
    EVENT(try_acquire, "another process asks whether the root is locked", root_probed, try_acquire, RELEASE),
    STEP(try_acquire, "the root is another user's, and its group may write", root_of_a_group, try_acquire),
    STEP(try_acquire, "the root can be searched but not read", root_unreadable, try_acquire),
    FRESH(acquire_blocking, "it is free", blank, acquire_blocking),
    STEP(acquire_blocking, "a holder died", leftover, acquire_blocking),
    EVENT(acquire_blocking, "it is held, then released", held, acquire_blocking, RELEASE),
    EVENT(acquire_blocking, "it is held, then its holder is killed", mortal, acquire_blocking, KILL_HOLDER),
    STEP(acquire_blocking, "it is read-only for the caller", unwritable_and_held, acquire_blocking),
    EVENT(acquire_blocking, "the root is locked, then unlocked", root_locked, acquire_blocking, RELEASE),
    EVENT(acquire_blocking, "it is held, `.ralph` was removed, then it is released", held_and_removed,
          acquire_blocking, RELEASE),
    STEP(acquire_with, "without options", held, acquire_with),
    STEP(acquire_with, "with a timeout of 0", held_and_not_at_all, acquire_with),
    STEP(acquire_with, "another lock file", another_file, acquire_with),
    STEP(acquire_with, "it is free", free_and_timed, acquire_with),
    EVENT(acquire_with, "it is held, then released", held_and_timed, acquire_with, RELEASE),
    EVENT(acquire_with, "it is held, then its holder is killed", mortal_and_timed, acquire_with, KILL_HOLDER),
    {"ralph_lock_acquire_with", "on a network file system, where it is held, then released", held_and_timed,
     acquire_with, RELEASE, true, false},
    EVENT(acquire_with, "without a timeout or a token", held_without_limit, acquire_with, RELEASE),
    EVENT(acquire_with, "the timeout expires", held_and_soon, acquire_with, TIME_OUT),
    EVENT(acquire_with, "the token is triggered", held_and_triggered_later, acquire_with, TRIGGER),
    STEP(acquire_with, "the token was triggered before", held_and_triggered, acquire_with),
    EVENT(acquire_with, "the root is locked, then unlocked", root_locked_and_timed, acquire_with, RELEASE),
    STEP(waiter_new, "without options", held, waiter_new),
    STEP(waiter_new, "with a token", with_token, waiter_new),
    FRESH(waiter_step, "it is free", waits_for_free, waiter_step),
    STEP(waiter_step, "it is held", waits_for_held, waiter_step),
    STEP(waiter_step, "it is held, for the second time", waits_and_looked, waiter_step),
    STEP(waiter_step, "it has been released since the last step", waits_and_is_told, waiter_step),
    STEP(waiter_step, "the holder was killed since the last step", waits_and_holder_dies, waiter_step),
    STEP(waiter_step, "the token was triggered since the last step", waits_with_token, waiter_step),
    STEP(waiter_step, "the root is locked", waits_for_root, waiter_step),
    STEP(waiter_fd, "", waits_for_held, waiter_fd),
    STEP(waiter_free, "before the first step", waits_for_held, waiter_free),
    STEP(waiter_free, "after a step", waits_and_looked, waiter_free),
    STEP(release, "", mine, release),
    STEP(release, "the record is large", mine_big, release),
    STEP(release, "the process has forked", mine_and_forked, release),
    NETWORK(release, "on a network file system", mine, release),
    STEP(release, "`.ralph` was removed", mine_and_removed, release),
    STEP(release, "NULL", no_folder, release),
    STEP(guard_path, "", mine, guard_path),
    STEP(guard_verify, "the file is there", mine, guard_verify),
    NETWORK(guard_verify, "on a network file system", mine, guard_verify),
    STEP(guard_verify, "the file was removed", mine_and_lost, guard_verify),
    STEP(guard_verify, "the root was replaced", mine_and_root_replaced, guard_verify),
    STEP(guard_restore, "the file is there", mine, guard_restore),
    STEP(guard_restore, "`.ralph` was removed", mine_and_removed, guard_restore),
    STEP(guard_restore, "another file is in the place of its own", mine_and_replaced, guard_restore),
    EVENT(guard_restore, "another program has locked the new file, then releases it",
          mine_and_taken_by_another_program, guard_restore, RELEASE),
    STEP(guard_restore, "the root was replaced", mine_and_root_replaced, guard_restore),
    STEP(guard_previous, "", mine_after_one_that_died, guard_previous),
    STEP(guard_into_fd, "", mine, guard_into_fd),
    STEP(adopt_fd, "of a guard", mine_as_fd, adopt_fd),
    FRESH(adopt_fd, "of a shell, after a holder died", shells, adopt_fd),
    STEP(adopt_fd, "without a lock", unlocked_fd, adopt_fd),
    STEP(adopt_fd, "another process has the lock", fd_and_other_holder, adopt_fd),
    EVENT(adopt_fd, "the root is locked", fd_and_root_locked, adopt_fd, LET_PASS),
    NETWORK(adopt_fd, "on a network file system", mine_as_fd, adopt_fd),
    FRESH(read_existing, "there is a record", leftover, read_existing),
    STEP(read_existing, "there is no file", no_folder, read_existing),
    STEP(read_existing, "the file is blank", blank, read_existing),
    EVENT(read_existing, "the file's text is not a record", garbage, read_existing, LET_PASS),
    FRESH(is_locked, "it is free", blank, is_locked),
    STEP(is_locked, "it is held", held, is_locked),
    STEP(is_locked, "there is no file", no_folder, is_locked),
    EVENT(is_locked, "the file is removed meanwhile", blank, is_locked, REMOVE),
    STEP(is_locked, "it is held, and `.ralph` was removed", held_and_removed, is_locked),
    STEP(is_locked, "it is held, and another file is in the place of its own", held_and_replaced, is_locked),
    STEP(inspect, "it is free", blank, inspect),
    FRESH(inspect, "it is held", held, inspect),
    FRESH(inspect, "a holder died", leftover, inspect),
    STEP(inspect, "there is no file", no_folder, inspect),
    EVENT(inspect, "its holder left no record", nameless, inspect, LET_PASS),
    EVENT(inspect, "the holder died, and its child keeps the lock", left, inspect, LET_PASS),
    EVENT(inspect, "the file is removed meanwhile", blank, inspect, REMOVE),
    STEP(inspect, "it is held, and `.ralph` was removed", held_and_removed, inspect),
    STEP(inspect, "it is held, and another file is in the place of its own", held_and_replaced, inspect),
    STEP(inspect_with, "another lock file, which is held", another_file_held, inspect_with),
    STEP(inspect_with, "another lock file, which is missing", another_file, inspect_with),
    FRESH(signal_holder, "it is held", held, signal_holder),
    STEP(signal_holder, "it is free", leftover, signal_holder),
    STEP(signal_holder_with, "another lock file, which is held", another_file_held, signal_holder_with),
    FRESH(find_keepers, "it is held", held, find_keepers),
    STEP(find_keepers, "the holder died, and its child keeps the lock", left, find_keepers),
    STEP(find_keepers, "there is no file", no_folder, find_keepers),
    STEP(find_keepers, "it is held, and `.ralph` was removed", held_and_removed, find_keepers),
    STEP(find_keepers_with, "another lock file, which is held", another_file_held, find_keepers_with),
    STEP(find_root, "below a work tree of git", work_tree, find_root),
    STEP(find_root, "below a held lock", held_above, find_root),
    STEP(find_root, "below a lock file", lock_file_above, find_root),
    STEP(find_root, "below neither", subdirectory, find_root),
    FRESH(probe_filesystem, "there is a `.ralph`", blank, probe_filesystem),
    STEP(probe_filesystem, "there is no `.ralph`", no_folder, probe_filesystem),
    EVENT(probe_filesystem, "there are no files without a name", blank, probe_filesystem, NO_TMPFILE),
    NETWORK(probe_filesystem, "on a network file system", blank, probe_filesystem),
    STEP(cancel_new, "", no_folder, cancel_new),
    STEP(cancel_trigger, "", token, cancel_trigger),
    STEP(cancel_free, "", token, cancel_free),
    STEP(options_new, "", no_folder, options_new),
    STEP(options_set_timeout_ms, "", new_options, set_timeout),
    STEP(options_set_cancel, "", options_and_token, set_cancel),
    STEP(options_set_lock_file, "", new_options, set_lock_file),
    STEP(options_free, "", new_options, options_free),
    STEP(metadata_pid, "", record_of_own, metadata_pid),
    STEP(metadata_started_unix_ns, "", record_of_own, metadata_ns),
    STEP(metadata_started_rfc3339, "", record_of_own, metadata_rfc3339),
    STEP(metadata_prompt, "", record_of_own, metadata_prompt),
    STEP(metadata_host, "", record_of_own, metadata_host),
    STEP(metadata_summary, "", record_of_own, metadata_summary),
    STEP(metadata_local_pid, "it runs", record_of_holder, metadata_local_pid),
    FRESH(metadata_liveness, "it runs", record_of_holder, metadata_liveness),
    STEP(metadata_liveness, "it has ended", record_of_dead, metadata_liveness),
    STEP(metadata_relation, "itself", record_of_own, metadata_relation),
    STEP(metadata_relation, "the process above it", record_of_parent, metadata_relation),
    STEP(metadata_relation, "another process", record_of_holder, metadata_relation),
    STEP(metadata_free, "", record_of_own, metadata_free),
    STEP(error_status, "", failure, error_status),
    STEP(error_os_code, "", failure, error_os_code),
    STEP(error_message, "", failure, error_message),
    STEP(error_path, "", failure, error_path),
    STEP(error_free, "", failure, error_free),
    STEP(status_name, "", no_folder, status_name),
    STEP(status_message, "", no_folder, status_message),
    STEP(version, "", no_folder, version),
};

const size_t step_count = sizeof steps / sizeof *steps;

void run_step(const step *what, const char *folder, long failing, report *into)
{
    int pass;

    said = into;
    if (!what->fresh) {
        snprintf(root, sizeof root, "%s/2", folder);
        MUST(ralph_lock_try_acquire(root, "step", &guard, NULL, NULL) == RALPH_LOCK_OK);
        MUST(ralph_lock_release(guard) == RALPH_LOCK_OK);
    }
    live_blocks = 0;
    memset(big, 'p', sizeof big - 1);
    memcpy(big, "step ", 5);
    for (pass = 0; pass < 2; pass++) {
        snprintf(root, sizeof root, "%s/%d", folder, pass);
        snprintf(lock_file, sizeof lock_file, "%s/%s", root, file = RALPH_LOCK_FILE);
        status = (ralph_lock_status)-1;
        detail[0] = '\0';
        guard = own = NULL, metadata = NULL, error = NULL, options = NULL, cancel = NULL, waiter = NULL;
        fd = -1, fd_has_lock = has_thread = false;
        what->prepare();
        errno = 0;
        allocations = 0;
        failing_allocation = pass == 0 ? failing : 0;
        syscall(MARK);
        what->perform();
        syscall(MARK);
        failing_allocation = 0;
        if (pass == 0) {
            said->allocations = allocations;
            tell(what, said);
        }
        check_and_give_back();
        check_free();
    }
    said->blocks = live_blocks;
    said->descriptors = open_descriptors();
    _exit(0);
}
