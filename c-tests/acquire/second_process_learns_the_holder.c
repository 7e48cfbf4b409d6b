/* A second process gets ALREADY_LOCKED with the holder's pid, start time and prompt. */
#include "check.h"

#include <time.h>

int main(void)
{
    char *root = new_workspace();
    struct timespec before, after;
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    process first;
    int64_t started;

    clock_gettime(CLOCK_REALTIME, &before);
    first = hold(root, "implement \"auth\"\nin two lines");
    clock_gettime(CLOCK_REALTIME, &after);

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED,
                 ralph_lock_try_acquire(root, "second", &guard, &holder, &error));
    CHECK(guard == NULL);
    CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)first.pid);
    CHECK_TEXT("implement \"auth\"\nin two lines", ralph_lock_metadata_prompt(holder));

    started = ralph_lock_metadata_started_unix_ns(holder);
    CHECK(started >= (int64_t)before.tv_sec * 1000000000 + before.tv_nsec);
    CHECK(started <= (int64_t)after.tv_sec * 1000000000 + after.tv_nsec);
    CHECK(strstr(ralph_lock_metadata_started_rfc3339(holder), "T") != NULL);

    CHECK(ralph_lock_error_status(error) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK(strstr(ralph_lock_error_message(error), path_of("process %d", (int)first.pid)) != NULL);
    CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);

    kill_hard(&first);
    return 0;
}
