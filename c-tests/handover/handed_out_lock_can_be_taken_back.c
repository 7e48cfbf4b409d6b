/* When the child cannot be started, the process that handed out the lock can adopt it again. */
#include "check.h"
#include "handover.h"

#include <spawn.h>

static void refused(void *root)
{
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
}

int main(void)
{
    char *root = new_workspace();
    char *words[] = {path_of("missing"), NULL};
    ralph_lock_guard *guard = acquire(root, "first"), *again;
    int descriptors = open_descriptors(), fd, i;
    ralph_lock_metadata *metadata;
    process other;
    pid_t pid;

    for (i = 0; i < 100; i++) {
        char *prompt = path_of("taken back %d", i);

        fd = into_fd(guard);
        CHECK(posix_spawn(&pid, "/nowhere/missing", NULL, NULL, words, NULL) == ENOENT);
        again = adopt(root, prompt, fd);
        CHECK(again != guard);
        CHECK(open_descriptors() == descriptors);
        check_holder(root, getpid(), prompt);
        CHECK_TEXT(lock_file_of(root), ralph_lock_guard_path(again));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(again, NULL));
        CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_guard_previous(again, &metadata, NULL));
        CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
        guard = again;
    }
    other = start(refused, root);
    finish(&other);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(open_descriptors() == descriptors - 2);
    check_free(root);

    /* Closing the descriptor works too: the lock ends with the last copy. */
    fd = into_fd(acquire(root, "given up"));
    CHECK(is_locked(root));
    close(fd);
    CHECK(!is_locked(root));
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    return 0;
}
