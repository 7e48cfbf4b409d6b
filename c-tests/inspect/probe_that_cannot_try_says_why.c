/* Where the probe cannot create a file to try a lock on, it fails with the reason instead of guessing. */
#include "privileges.h"
#include "probing.h"

static char *others;

static void as_nobody(void *unused)
{
    (void)unused;
    cannot_probe(others, EACCES);
}

int main(void)
{
    char *root = new_workspace();
    char *plain = path_of("%s/plain", root);
    ralph_lock_filesystem verdict = RALPH_LOCK_FILESYSTEM_LOCAL;
    ralph_lock_error *error;

    cannot_probe(path_of("%s/missing", root), ENOENT);
    CHECK(access(path_of("%s/missing", root), F_OK) == -1);
    write_file(plain, "untouched", 9);
    cannot_probe(plain, ENOTDIR);
    CHECK_TEXT("untouched", read_file(plain, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_probe_filesystem("", &verdict, NULL));
    CHECK(verdict == RALPH_LOCK_FILESYSTEM_UNKNOWN);

    /* When the file cannot be opened a second time, it is removed all the same. */
    every_file_has_a_name = true;
    opens_left = 1;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_probe_filesystem(root, &verdict, &error));
    CHECK(ralph_lock_error_os_code(error) == EMFILE);
    ralph_lock_error_free(error);
    every_file_has_a_name = false;
    opens_left = 1 << 30;
    CHECK(files_in(root) == 1);
    /* A lock that fails for any other reason is no verdict either. */
    locks_fail_with = EIO;
    cannot_probe(root, EIO);
    locks_fail_with = 0;
    CHECK(files_in(root) == 1);

    others = path_of("%s/others", root);
    CHECK(mkdir(others, 0555) == 0);
    run_unprivileged(as_nobody, NULL);
    have_private_mounts();
    if (mount("none", others, "tmpfs", 0, "nr_inodes=1") == -1)
        skip("this user cannot mount a small disk");
    cannot_probe(others, ENOSPC);
    CHECK(mount("none", others, "none", MS_REMOUNT | MS_RDONLY, "") == 0);
    cannot_probe(others, EROFS);
    return 0;
}
