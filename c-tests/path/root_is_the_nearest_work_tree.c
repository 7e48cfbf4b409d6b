/* find_root returns the nearest directory that contains .git. A nearer lock file counts while it is held, or when there
 * is no .git. A sticky directory, and anything beyond a mount boundary, is never returned. */
#include "check.h"

#include <sys/mount.h>

static char *make(const char *root, const char *directory)
{
    char *path = path_of("%s/%s", root, directory);

    CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
    return path;
}

static void finds(const char *start, const char *expected)
{
    char buffer[4096];
    size_t length = 1;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_find_root(start, buffer, sizeof buffer, &length, &error);

    if (expected == NULL) {
        CHECK_STATUS(RALPH_LOCK_NOT_FOUND, status);
        CHECK(length == 0 && buffer[0] == '\0');
        CHECK_TEXT(start, ralph_lock_error_path(error));
    } else {
        CHECK_STATUS(RALPH_LOCK_OK, status);
        CHECK_TEXT(expected, buffer);
        CHECK(length == strlen(expected) && error == NULL);
    }
    ralph_lock_error_free(error);
}

static void fails(const char *start, ralph_lock_status expected, int os_code)
{
    char buffer[4] = "old";
    size_t length = 1;
    ralph_lock_error *error;

    CHECK_STATUS(expected, ralph_lock_find_root(start, buffer, sizeof buffer, &length, &error));
    CHECK(buffer[0] == '\0' && length == 0);
    CHECK(ralph_lock_error_os_code(error) == os_code);
    ralph_lock_error_free(error);
}

static void buffers(const char *tree)
{
    char buffer[4096];
    size_t length = 0, capacity;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_root(tree, NULL, 0, &length, NULL));
    CHECK(length == strlen(tree));
    for (capacity = 1; capacity <= length + 1; capacity++) {
        size_t found = 0;
        ralph_lock_status expected = capacity > length ? RALPH_LOCK_OK : RALPH_LOCK_INVALID_ARGUMENT;

        memset(buffer, 'x', sizeof buffer);
        CHECK_STATUS(expected, ralph_lock_find_root(tree, buffer, capacity, &found, &error));
        CHECK(found == length && strlen(buffer) == capacity - 1 && buffer[capacity] == 'x');
        CHECK(strncmp(buffer, tree, capacity - 1) == 0);
        ralph_lock_error_free(error);
    }
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_find_root(tree, buffer, sizeof buffer, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_find_root(tree, NULL, 1, &length, NULL));
    fails(NULL, RALPH_LOCK_INVALID_ARGUMENT, 0);
    fails("", RALPH_LOCK_INVALID_ARGUMENT, 0);
}

/* Not in this program's directory, which is below the project's own work tree. */
static char top[] = "/tmp/ralph_lock-root-XXXXXX";

static void remove_top(void)
{
    CHECK(chdir("/") == 0);
    CHECK(system(path_of("rm -rf %s", top)) == 0);
}

int main(void)
{
    char *tree, *inside, *deep, *plain, *worktree, *sticky, *mounted;
    ralph_lock_guard *guard;

    CHECK(mkdtemp(top) != NULL && atexit(remove_top) == 0);
    finds(top, NULL);
    tree = make(top, "tree");
    make(tree, ".git");
    inside = make(tree, "inside");
    deep = make(inside, "deep");
    finds(tree, tree);
    finds(deep, tree);
    finds(path_of("%s/../deep/.", deep), tree);
    make(inside, ".ralph");
    finds(deep, tree);
    buffers(tree);

    /* A nearer lock file counts as long as it is held. */
    guard = acquire(inside, "nearer");
    finds(deep, inside);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    finds(deep, tree);
    CHECK(chdir(deep) == 0);
    finds(".", tree);

    /* A worktree and a submodule have a file. */
    worktree = make(inside, "worktree");
    write_file(path_of("%s/.git", worktree), "gitdir: elsewhere", 17);
    finds(make(worktree, "below"), worktree);

    /* Without any .git the nearest lock file counts, held or not. */
    plain = make(top, "plain");
    deep = make(plain, "deep");
    make(plain, ".ralph");
    finds(deep, NULL);
    CHECK(try_only(plain) == RALPH_LOCK_OK);
    finds(deep, plain);
    CHECK(symlink(deep, path_of("%s/link", top)) == 0);
    finds(path_of("%s/link", top), plain);

    sticky = make(top, "sticky");
    make(sticky, ".git");
    CHECK(try_only(sticky) == RALPH_LOCK_OK);
    CHECK(chmod(sticky, 01777) == 0);
    finds(make(sticky, "mine"), NULL);

    fails(path_of("%s/missing", top), RALPH_LOCK_IO, ENOENT);
    write_file(path_of("%s/file", tree), "", 0);
    fails(path_of("%s/file", tree), RALPH_LOCK_IO, ENOTDIR);

    mounted = make(tree, "mounted");
    if (unshare(CLONE_NEWNS) == -1 || mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == -1 ||
        mount("none", mounted, "tmpfs", 0, "") == -1)
        skip("a file system cannot be mounted: all but the mount boundary is as promised");
    finds(mounted, NULL);
    CHECK(umount(mounted) == 0);
    return 0;
}
