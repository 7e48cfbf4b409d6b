/* An attacker with write access to the root moves another directory, or a link, to where .ralph was just created. The
 * library changes owner and mode only of what it created itself. */
#include "users.h"

#include <sys/syscall.h>

/* What replaces the new directory, or NULL. */
static const char *intruder;

static void intrude(void)
{
    if (intruder == NULL)
        return;
    CHECK(rmdir(".ralph") == 0);
    CHECK(rename(intruder, ".ralph") == 0);
    intruder = NULL;
}

/* Replaces the library's mkdir(2) and mkdirat(2). */
int mkdirat(int folder, const char *path, mode_t mode)
{
    int result = (int)syscall(SYS_mkdirat, folder, path, mode);

    if (result == 0 && strstr(path, ".ralph") != NULL)
        intrude();
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int main(void)
{
    struct stat before, after;

    umask(077);
    /* A directory that is not empty. */
    enter_workspace_of(ALICE, TEAM, 02775);
    CHECK(syscall(SYS_mkdirat, AT_FDCWD, "private", 0700) == 0);
    write_file("private/secret", "x", 1);
    intruder = "private";
    (void)try_only(".");
    CHECK(intruder == NULL);
    CHECK_ACCESS(".ralph", 0, TEAM, 0700);
    CHECK_ACCESS(".ralph/secret", 0, TEAM, 0600);
    CHECK(chdir("..") == 0);

    /* A directory of another user. */
    enter_workspace_of(ALICE, TEAM, 02775);
    CHECK(syscall(SYS_mkdirat, AT_FDCWD, "private", 0700) == 0 && chown("private", EVE, EVE) == 0);
    intruder = "private";
    (void)try_only(".");
    CHECK_ACCESS(".ralph", EVE, EVE, 0700);
    CHECK(chdir("..") == 0);

    /* A symbolic link to a directory of root. */
    enter_workspace_of(ALICE, TEAM, 02775);
    CHECK(syscall(SYS_mkdirat, AT_FDCWD, "../private", 0700) == 0);
    CHECK(stat("../private", &before) == 0);
    CHECK(symlink("../private", "link") == 0);
    intruder = "link";
    (void)try_only(".");
    CHECK(stat("../private", &after) == 0);
    CHECK(before.st_uid == after.st_uid && before.st_gid == after.st_gid && before.st_mode == after.st_mode);
    CHECK(access("../private/.gitignore", F_OK) == -1 && errno == ENOENT);
    return 0;
}
