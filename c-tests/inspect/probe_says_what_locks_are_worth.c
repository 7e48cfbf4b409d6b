/* The probe recognizes a local file system, one that refuses locks and one that grants them twice, and reports any
 * other as UNKNOWN. It does not disturb the lock's holder. */
#include "privileges.h"
#include "probing.h"

static void with_each_try(const char *root, ralph_lock_filesystem expected)
{
    static const int no_locks[] = {ENOLCK, ENOSYS, EOPNOTSUPP};
    size_t i;

    CHECK(probe(root) == expected);
    for (i = 0; i < sizeof no_locks / sizeof *no_locks; i++) {
        locks_fail_with = no_locks[i];
        CHECK(probe(root) == RALPH_LOCK_FILESYSTEM_NO_LOCKS);
    }
    locks_fail_with = 0;
    locks_lie = true;
    CHECK(probe(root) == RALPH_LOCK_FILESYSTEM_NO_LOCKS);
    locks_lie = false;
}

static void on_kinds(const char *root)
{
    with_each_try(root, RALPH_LOCK_FILESYSTEM_LOCAL);
    /* FUSE, CIFS, and a number that no file system has. */
    kind = 0x65735546;
    with_each_try(root, RALPH_LOCK_FILESYSTEM_UNKNOWN);
    kind = (long)0xff534d42;
    with_each_try(root, RALPH_LOCK_FILESYSTEM_UNKNOWN);
    kind = 0x12345678;
    with_each_try(root, RALPH_LOCK_FILESYSTEM_UNKNOWN);
    /* Ext4, Btrfs. */
    kind = 0xef53;
    with_each_try(root, RALPH_LOCK_FILESYSTEM_LOCAL);
    kind = (long)0x9123683e;
    with_each_try(root, RALPH_LOCK_FILESYSTEM_LOCAL);
    kind = 0;
}

int main(void)
{
    char *root = new_workspace();
    char *elsewhere = new_workspace();
    process holder;

    /* These values never change. */
    CHECK(RALPH_LOCK_FILESYSTEM_UNKNOWN == 0 && RALPH_LOCK_FILESYSTEM_LOCAL == 1 &&
          RALPH_LOCK_FILESYSTEM_DISTRIBUTED == 2 && RALPH_LOCK_FILESYSTEM_NO_LOCKS == 3);
    have_private_mounts();
    if (mount("none", root, "tmpfs", 0, "") == -1)
        skip("this user cannot mount a tmpfs");
    on_kinds(root);
    every_file_has_a_name = true;
    on_kinds(root);
    /* The probe created nothing. */
    CHECK(files_in(root) == 0);

    holder = hold(root, "undisturbed");
    CHECK(probe(root) == RALPH_LOCK_FILESYSTEM_LOCAL);
    check_held(root, "undisturbed");
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    say(&holder, 'x');
    finish(&holder);
    on_kinds(root);
    /* The lock file and the .gitignore. */
    CHECK(files_in(path_of("%s/.ralph", root)) == 2);
    every_file_has_a_name = false;
    on_kinds(root);

    /* The lock is on the file system of .ralph, here one that is read-only by now. */
    CHECK(symlink(root, path_of("%s/.ralph", elsewhere)) == 0);
    CHECK(probe(elsewhere) == RALPH_LOCK_FILESYSTEM_LOCAL);
    CHECK(mount("none", root, "none", MS_REMOUNT | MS_RDONLY, "") == 0);
    cannot_probe(elsewhere, EROFS);
    return 0;
}
