/* directory ROOT [alone]: flock(2) on the directory keeps a workspace on a file system: against another process, against
 * flock(1), and with .ralph behind a symbolic link or a mount. Where the directory is not readable, the file alone protects
 * the workspace. With `alone` no other user may use the file system. Run by root in an empty directory there. */
#include "removing.h"

static void take_directory(void *root)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    CHECK(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
}

/* The kernel's answer, without the library. */
static void check_flock(const char *root)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    process other;

    CHECK(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    other = start(take_directory, (void *)(size_t)root);
    finish(&other);
    close(fd);
}

static void hold_by_shell(void *root)
{
    CHECK(chdir(root) == 0 && dup2(starter.from, 0) == 0 && dup2(starter.to, 1) == 1);
    execlp("flock", "flock", "--nonblock", ".", "sh", "-c", "printf h; read line", (char *)NULL);
}

/* A shell that has locked the directory is a holder without a record, and flock(1) is refused while the library holds it. */
static void check_shell(char *root)
{
    process shell = start(hold_by_shell, root);
    ralph_lock_guard *guard;

    CHECK(hear(&shell) == 'h');
    check_held_by_an_unknown_holder(root);
    CHECK(is_locked(root));
    kill_hard(&shell);
    /* Its child ends with its input, and keeps the lock until then. */
    guard = wait_for(root, "after the shell", BLOCKING);
    run_in(root, "! flock --nonblock . true");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    run_in(root, "flock --nonblock . true");
}

/* After any removal of the file its holder keeps the workspace and can put the file back. */
static void check_kept(const char *root, const char *removal)
{
    process holder = hold(root, "holder");
    ralph_lock_guard *guard;

    run_in(root, removal);
    check_root_held(root, holder.pid);
    kill_hard(&holder);
    guard = acquire(root, "next");
    run_in(root, removal);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_held(root, "next");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void check_link(const char *root)
{
    run_in(root, "mkdir elsewhere && ln -s elsewhere .ralph");
    check_kept(root, "rm .ralph/loop.lock");
    run_in(root, "! test -e elsewhere/.gitignore && rm -r .ralph elsewhere");
}

static void check_mount(const char *root)
{
    run_in(root, "mkdir .ralph && mount -t tmpfs none .ralph");
    check_kept(root, "rm .ralph/loop.lock");
    run_in(root, "umount .ralph && rmdir .ralph");
}

static void work_as_another_user(void *root)
{
    ralph_lock_guard *guard;

    CHECK(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    CHECK(open(root, O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES);
    guard = acquire(root, "by the file alone");
    check_held(root, "by the file alone");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

/* A directory with search but no read permission cannot be locked: the file alone protects the workspace. */
static void check_unreadable(char *root)
{
    process other;

    run_in(root, "mkdir -m 777 .ralph && chmod 777 .ralph && chmod 711 .");
    other = start(work_as_another_user, root);
    finish(&other);
    /* Root's own lock and the other user's exclude each other by the file. */
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    run_in(root, "chmod 755 .");
}

int main(int count, char **arguments)
{
    char *root;

    CHECK(count == 2 || count == 3);
    CHECK(chdir(arguments[1]) == 0);
    root = new_workspace();
    CHECK(chmod(root, 0755) == 0);
    check_flock(root);
    check_shell(root);
    run_in(root, "rm -rf .ralph");
    /* FUSE renames an open file instead of removing it, so that its folder cannot be removed. */
    check_kept(root, count == 2 ? "rm -rf .ralph" : "rm .ralph/loop.lock");
    run_in(root, "rm -rf .ralph");
    check_link(root);
    check_mount(root);
    if (count == 2)
        check_unreadable(root);
    printf("the directory's flock(2) excludes%s\n",
           count == 2 ? "; unreadable, the file alone does" : "; other users have no access");
    return 0;
}
