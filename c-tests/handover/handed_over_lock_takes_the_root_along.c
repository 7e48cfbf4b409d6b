/* into_fd unlocks the root, and the adopter locks it again; if another process holds it by then, the lock is lost. */
#include "handover.h"
#include "removing.h"

static int lock_root(const char *root)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    CHECK(fd >= 0);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    CHECK(errno == EWOULDBLOCK);
    close(fd);
    return -1;
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "first"), *none;
    ralph_lock_error *error;
    process next;
    int fd, directory;

    CHECK(lock_root(root) == -1);
    fd = into_fd(guard);
    /* In between the file protects the workspace. */
    directory = lock_root(root);
    CHECK(directory >= 0);
    check_held(root, "first");
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_adopt_fd(root, "heir", NULL, fd, &none, &error));
    CHECK(none == NULL);
    ralph_lock_error_free(error);
    check_held(root, "first");
    close(directory);
    guard = adopt(root, "heir", fd);
    CHECK(lock_root(root) == -1);
    CHECK(unlink(lock_file_of(root)) == 0);
    check_root_held(root, getpid());
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    check_held(root, "heir");

    /* Removed between the two, and taken by another process. */
    fd = into_fd(guard);
    CHECK(unlink(lock_file_of(root)) == 0);
    next = hold(root, "next");
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_adopt_fd(root, "heir", NULL, fd, &none, NULL));
    check_held(root, "next");
    kill_hard(&next);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_adopt_fd(root, "heir", NULL, fd, &none, NULL));
    close(fd);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    return 0;
}
