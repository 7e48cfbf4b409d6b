/* A lock on a file with the same inode number on another file system is not taken for the workspace's: the dead holder
 * whose child keeps the lock is still named. The same holds on overlayfs, for which stat(2) shows another device. */
#include "inspecting.h"
#include "privileges.h"

enum { FILES = 1000 };

static char *mounted(const char *name, const char *type, const char *options)
{
    char *folder = path_of("%s/%s", (char *)remember(getcwd(NULL, 0)), name);

    CHECK(mkdir(folder, 0777) == 0);
    if (mount("none", folder, type, 0, options) == -1)
        skip(path_of("%s cannot be mounted here", type));
    return folder;
}

static char *below(const char *folder, const char *name)
{
    char *made = path_of("%s/%s", folder, name);

    CHECK(mkdir(made, 0777) == 0);
    return made;
}

/* Creates files until one has that inode number, and locks it. */
static int lock_file_numbered(const char *folder, ino_t number)
{
    struct stat found;
    int i, fd;

    for (i = 0; i < FILES; i++) {
        fd = open(path_of("%s/%d", folder, i), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        CHECK(fd >= 0 && fstat(fd, &found) == 0);
        if (found.st_ino == number) {
            CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0);
            return fd;
        }
        CHECK(close(fd) == 0);
    }
    skip("no other file gets the same inode number here");
}

static void check_named(const char *root, const kept *lock)
{
    ralph_lock_metadata *metadata;

    check_held(root, "kept");
    CHECK(look(root, &metadata) == RALPH_LOCK_STATE_HELD);
    CHECK(ralph_lock_metadata_pid(metadata) == (uint32_t)lock->dead);
    ralph_lock_metadata_free(metadata);
}

static void check_keeper(const char *root, const kept *lock)
{
    uint32_t pid = 0;
    size_t count;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, &pid, 1, &count, NULL));
    CHECK(count == 1 && pid == (uint32_t)lock->keeper);
}

static void on_tmpfs(void)
{
    char *one = mounted("one", "tmpfs", ""), *other = mounted("other", "tmpfs", "");
    kept lock = keep(one, "kept");
    struct stat found;

    check_named(one, &lock);
    CHECK(stat(lock_file_of(one), &found) == 0);
    CHECK(close(lock_file_numbered(other, found.st_ino)) == 0);
    check_named(one, &lock);
    CHECK(lock_file_numbered(other, found.st_ino) >= 0);
    check_named(one, &lock);
    check_keeper(one, &lock);
    end_keeper(&lock);
}

static void on_overlayfs(void)
{
    char *below_it = mounted("below", "tmpfs", ""), *root;
    kept lock;

    below(below_it, "lower");
    below(below_it, "upper");
    below(below_it, "work");
    root = mounted("overlay", "overlay",
                   path_of("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", below_it, below_it, below_it));
    lock = keep(root, "kept");
    check_named(root, &lock);
    check_keeper(root, &lock);
    end_keeper(&lock);
    {
        process holder = hold(root, "signalled");

        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, SIGKILL, NULL));
        reap(&holder);
    }
}

int main(void)
{
    have_private_mounts();
    on_tmpfs();
    on_overlayfs();
    return 0;
}
