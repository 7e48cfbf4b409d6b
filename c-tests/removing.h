/* Ways in which a lock file disappears while its lock is held. */
#ifndef REMOVING_H
#define REMOVING_H

#include "inspecting.h"

UNUSED static void run_in(const char *root, const char *command)
{
    process child;
    int status;

    fflush(NULL);
    child.pid = fork();
    CHECK(child.pid >= 0);
    if (child.pid == 0) {
        if (chdir(root) == 0)
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    CHECK(waitpid(child.pid, &status, 0) == child.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What users and agents do, as shell commands run in the root. */
UNUSED static const char *const REMOVALS[] = {
    "rm .ralph/loop.lock",
    "rm -rf .ralph",
    "mv .ralph/loop.lock .ralph/moved",
    "mv .ralph moved",
    "mv .ralph moved && mkdir .ralph",
    "cp .ralph/loop.lock .ralph/copy && mv .ralph/copy .ralph/loop.lock",
    "command -v git >/dev/null || exec rm -rf .ralph; git init -q . && git clean -fdxq",
};
enum { REMOVAL_COUNT = sizeof REMOVALS / sizeof *REMOVALS };

/* Whether the lock file exists. */
UNUSED static bool has_lock_file(const char *root)
{
    return access(lock_file_of(root), F_OK) == 0;
}

/* Checks that a process that holds the root excludes every other one, and that every function says so. */
UNUSED static void check_root_held(const char *root, pid_t holder)
{
    bool had_file = has_lock_file(root);
    int descriptors = open_descriptors();
    ralph_lock_options *options = timeout_of(30);
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    uint32_t keepers[8];
    size_t count, i;
    bool found = false;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "second", &guard, &metadata, &error));
    CHECK(guard == NULL && metadata == NULL);
    CHECK(strstr(ralph_lock_error_message(error), "directory") != NULL);
    CHECK(strstr(ralph_lock_error_message(error), "was removed") != NULL);
    CHECK(strstr(ralph_lock_error_message(error), "flock(1)") != NULL);
    if (HAS_LIST_OF_LOCKS)
        CHECK(strstr(ralph_lock_error_message(error), path_of("process %d", (int)holder)) != NULL);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(root, options));
    ralph_lock_options_free(options);
    CHECK(is_locked(root));
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    if (HAS_KEEPERS) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, keepers, 8, &count, NULL));
        for (i = 0; i < count && i < 8; i++)
            found |= keepers[i] == (uint32_t)holder;
        CHECK(found);
    }
    CHECK(open_descriptors() == descriptors);
    /* A missing file is not created. */
    CHECK(has_lock_file(root) == had_file);
}

#endif
