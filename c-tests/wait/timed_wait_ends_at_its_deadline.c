/* A wait ends with TIMED_OUT and the holder's metadata, not before its deadline and not much after it. */
#include "check.h"

static void check_times_out(const char *root, uint64_t milliseconds, uint32_t pid, const char *prompt)
{
    ralph_lock_options *options = timeout_of(milliseconds);
    double begin = now_ms(), took;
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, ralph_lock_acquire_with(root, "late", options, &guard, &holder, &error));
    took = now_ms() - begin;
    CHECK(took >= (double)milliseconds);
    /* A generous limit, for busy machines. */
    CHECK(took < (double)milliseconds + 10000);
    CHECK(guard == NULL);
    if (prompt == NULL) {
        CHECK(holder == NULL);
    } else {
        CHECK(ralph_lock_metadata_pid(holder) == pid);
        CHECK_TEXT(prompt, ralph_lock_metadata_prompt(holder));
    }
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, ralph_lock_error_status(error));
    CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
    CHECK(strstr(ralph_lock_error_message(error), lock_file_of(root)) != NULL);
    CHECK(ralph_lock_error_os_code(error) == 0);
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    ralph_lock_options_free(options);
}

int main(void)
{
    static const uint64_t times[] = {1, 2, 5, 30, 150, 1100};
    char *root = new_workspace();
    char *foreign = new_workspace();
    ralph_lock_guard *own;
    process holder;
    size_t i;
    int fd;

    holder = hold(root, "stays");
    for (i = 0; i < sizeof times / sizeof *times; i++)
        check_times_out(root, times[i], (uint32_t)holder.pid, "stays");
    check_held(root, "stays");
    kill_hard(&holder);

    /* A caller can wait for its own guard. */
    own = acquire(root, "own");
    check_times_out(root, 30, (uint32_t)getpid(), "own");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(own));
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));

    /* A holder without a record. */
    write_file(lock_file_of(foreign), "", 0);
    fd = open(lock_file_of(foreign), O_RDWR | O_CLOEXEC);
    CHECK(flock(fd, LOCK_EX) == 0);
    check_times_out(foreign, 30, 0, NULL);
    return 0;
}
