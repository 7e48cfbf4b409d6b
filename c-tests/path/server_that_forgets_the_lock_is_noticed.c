/* On a shared file system the server can drop a lock that its holder still counts on. verify then reports LOST, and a
 * release leaves the next holder's record alone. */
#include "probing.h"

/* Drops the lock as such a server does, without a call of the holder. */
static void forget_lock(const char *root)
{
    struct stat file, directory, found;
    int fd, count = 0;

    CHECK(stat(lock_file_of(root), &file) == 0 && stat(root, &directory) == 0);
    for (fd = 0; fd < 4096; fd++)
        if (fstat(fd, &found) == 0 && found.st_dev == file.st_dev &&
            (found.st_ino == file.st_ino || found.st_ino == directory.st_ino)) {
            CHECK(syscall(SYS_flock, fd, LOCK_UN) == 0);
            count++;
        }
    CHECK(count == 2);
}

static void check_lost(const ralph_lock_guard *guard)
{
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, &error));
    CHECK(strlen(ralph_lock_error_message(error)) > 0);
    ralph_lock_error_free(error);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard, *second;
    process other;

    /* FUSE. */
    kind = 0x65735546;
    guard = acquire(root, "first");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_held(root, "first");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    /* The lock is free, and then another process takes it. */
    guard = acquire(root, "first");
    forget_lock(root);
    check_lost(guard);
    CHECK(!is_locked(root));
    other = hold(root, "other");
    check_lost(guard);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_release(guard));
    check_held(root, "other");
    say(&other, 'r');
    CHECK(hear(&other) == 'r');
    CHECK(is_blank(lock_file_of(root)));
    say(&other, 'x');
    finish(&other);

    /* Another guard of this process takes it, with the same prompt. */
    guard = acquire(root, "same");
    forget_lock(root);
    second = acquire(root, "same");
    check_lost(guard);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(second, NULL));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(second, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(second));

    /* No process took it: release blanks the record. */
    guard = acquire(root, "first");
    forget_lock(root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(lock_file_of(root)));
    CHECK(!is_locked(root));
    return 0;
}
