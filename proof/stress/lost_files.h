/* A user that removes the lock file, and a holder that puts it back. */
#ifndef LOST_FILES_H
#define LOST_FILES_H

#include "workers.h"

/* `rm -rf .ralph`. */
static void remove_folder(const char *folder)
{
    char *file = path_of("%s/loop.lock", folder), *ignore = path_of("%s/.gitignore", folder);

    CHECK(unlink(file) == 0 || errno == ENOENT);
    CHECK(unlink(ignore) == 0 || errno == ENOENT);
    /* A new file may be in the folder already. */
    CHECK(rmdir(folder) == 0 || errno == ENOENT || errno == ENOTEMPTY);
    free(file);
    free(ignore);
}

/* It may find that a file is gone, and fail. */
static void clean_by_git(void)
{
    char *command = path_of("git -C '%s' clean -fdxq 2>/dev/null", shared->root);

    CHECK(system(command) != -1);
    free(command);
}

/* Checks a failure other than a refusal, which only a root that was moved meanwhile explains. */
static void excuse(const worker *me, int moves, const char *what, ralph_lock_error *error)
{
    if (root_has_stayed(moves))
        fail(__FILE__, __LINE__, "number %d cannot %s: %s", me->serial, what, ralph_lock_error_message(error));
    ralph_lock_error_free(error);
}

/* Verifies, and puts a lost lock file back. */
static void look_after(worker *me, const ralph_lock_guard *guard)
{
    int moves = load(&shared->moves);
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status;

    doing(me, "verifies");
    status = ralph_lock_guard_verify(guard, &error);
    if (status == RALPH_LOCK_OK)
        return;
    if (status != RALPH_LOCK_LOST) {
        excuse(me, moves, "verify", error);
        return;
    }
    ralph_lock_error_free(error);
    count(LOST);
    doing(me, "restores");
    status = ralph_lock_guard_restore(guard, &holder, &error);
    if (status == RALPH_LOCK_OK) {
        count(RESTORED);
        return;
    }
    CHECK(holder == NULL);
    /* On a busy machine contenders that the root refuses can hold the new file for that long. */
    if (status != RALPH_LOCK_ALREADY_LOCKED)
        excuse(me, moves, "restore", error);
    else
        ralph_lock_error_free(error);
}

/* Checks that the record, if there is one, is the holder's. */
static void check_record_that_is_left(const worker *me)
{
    ralph_lock_metadata *record;
    ralph_lock_status status = ralph_lock_read_existing(shared->root, &record, NULL);

    if (status != RALPH_LOCK_OK)
        return;
    if (strcmp(ralph_lock_metadata_prompt(record), me->prompt) != 0)
        fail(__FILE__, __LINE__, "number %d of process %d holds the lock, and \"%.60s\" is on record", me->serial,
             (int)getpid(), ralph_lock_metadata_prompt(record));
    check_record(record);
    ralph_lock_metadata_free(record);
}

#endif
