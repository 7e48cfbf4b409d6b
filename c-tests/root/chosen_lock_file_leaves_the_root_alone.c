/* Acquiring a chosen lock file locks no root, unless the file is the workspace's own lock under another name. */
#include "check.h"

static ralph_lock_guard *acquire_file(const char *root, const char *file, ralph_lock_status expected)
{
    ralph_lock_options *options = timeout_of(0);
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, file));
    CHECK_STATUS(expected, ralph_lock_acquire_with(root, "chosen", options, &guard, NULL, NULL));
    ralph_lock_options_free(options);
    return guard;
}

static bool is_directory_locked(const char *root)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

    CHECK(fd >= 0);
    result = flock(fd, LOCK_SH | LOCK_NB);
    close(fd);
    return result == -1;
}

int main(void)
{
    static const char *const own[] = {".ralph/loop.lock", "./.ralph/./loop.lock", "link/loop.lock", "hard.lock"};
    char *root = new_workspace();
    ralph_lock_guard *guard, *other;
    size_t i;

    guard = acquire(root, "own");
    CHECK(is_directory_locked(root));
    CHECK(symlink(".ralph", path_of("%s/link", root)) == 0);
    CHECK(link(lock_file_of(root), path_of("%s/hard.lock", root)) == 0);
    other = acquire_file(root, "other.lock", RALPH_LOCK_OK);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(other, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(!is_directory_locked(root));

    /* guard_restore works for it too. */
    CHECK(unlink(path_of("%s/other.lock", root)) == 0);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(other, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(other, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(other, NULL));
    CHECK(acquire_file(root, "other.lock", RALPH_LOCK_ALREADY_LOCKED) == NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(other));

    for (i = 0; i < sizeof own / sizeof *own; i++) {
        guard = acquire_file(root, own[i], RALPH_LOCK_OK);
        CHECK(is_directory_locked(root));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
        CHECK(!is_directory_locked(root));
    }
    return 0;
}
