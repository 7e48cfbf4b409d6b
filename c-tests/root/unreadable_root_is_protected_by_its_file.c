/* A root with search permission only cannot be locked: the lock file alone protects it, and everything else works. */
#include "privileges.h"

static char *root;

static void body(void *unused)
{
    ralph_lock_guard *guard, *next;

    (void)unused;
    CHECK(open(root, O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES);
    guard = acquire(root, "first");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_held(root, "first");
    CHECK(is_locked(root));
    CHECK(unlink(lock_file_of(root)) == 0);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    check_held(root, "first");
    /* Without the root's lock, a removed file lets a second owner in. */
    CHECK(unlink(lock_file_of(root)) == 0);
    next = acquire(root, "second");
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_guard_restore(guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_held(root, "second");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(next));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "waits", &next, NULL));
    CHECK(chdir("/") == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(next, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(next));
}

int main(void)
{
    char *above = strdup("/tmp/unreadable-XXXXXX");

    CHECK(mkdtemp(above) != NULL && chmod(above, 0755) == 0);
    root = path_of("%s/root", above);
    CHECK(mkdir(root, 0777) == 0 && mkdir(path_of("%s/.ralph", root), 0777) == 0);
    CHECK(chmod(path_of("%s/.ralph", root), 0777) == 0 && chmod(root, 0711) == 0);
    if (geteuid() != 0)
        CHECK(chmod(root, 0333) == 0);
    run_unprivileged(body, NULL);
    CHECK(chmod(root, 0755) == 0);
    unlink(path_of("%s/.ralph/.gitignore", root));
    CHECK(unlink(lock_file_of(root)) == 0 && rmdir(path_of("%s/.ralph", root)) == 0);
    CHECK(rmdir(root) == 0 && rmdir(above) == 0);
    free(above);
    return 0;
}
