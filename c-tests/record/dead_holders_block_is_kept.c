/* After a holder has died, the next one does not truncate a file that fits in a block: a full disk might not return the
 * block. */
#include "check.h"

#include <sys/syscall.h>

static int truncations;

/* Replaces the library's ftruncate(2). */
int ftruncate(int fd, off_t length)
{
    truncations++;
    return (int)syscall(SYS_ftruncate, fd, length);
}

static void take_over(const char *root, const char *prompt)
{
    process dead = hold(root, prompt);
    ralph_lock_guard *guard;
    ralph_lock_metadata *previous;

    kill_hard(&dead);
    guard = acquire(root, "next");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_previous(guard, &previous, NULL));
    CHECK_TEXT(prompt, ralph_lock_metadata_prompt(previous));
    ralph_lock_metadata_free(previous);
    check_held(root, "next");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(lock_file_of(root)));
}

int main(void)
{
    char *root = new_workspace();

    take_over(root, "short");
    take_over(root, path_of("%03000d", 0));
    CHECK(truncations == 0);
    /* A longer file is truncated, which shows that the library's calls are counted. */
    take_over(root, path_of("%05000d", 0));
    CHECK(truncations == 1);
    return 0;
}
