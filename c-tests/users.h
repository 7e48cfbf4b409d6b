/* Runs code as users that share a group, and checks the access to files. Only root can become other users. */
#ifndef USERS_H
#define USERS_H

#include "check.h"

#include <grp.h>

/* Two colleagues, a stranger, their own groups, and the group that the colleagues share. */
#define ALICE 60001
#define BOB 60002
#define EVE 60003
#define TEAM 60010

/* What run_as() runs. */
typedef struct role {
    unsigned user;
    mode_t mask;
    void (*body)(void *);
    void *argument;
} role;

UNUSED static void role_body(void *argument)
{
    const role *what = argument;
    gid_t team = TEAM;

    if (setgroups(what->user == EVE ? 0 : 1, &team) == -1 || setgid(what->user) == -1 || setuid(what->user) == -1)
        exit(77);
    umask(what->mask);
    what->body(what->argument);
}

/* Runs body(argument) as that user, with the group of the same number and that umask. */
UNUSED static void run_as(unsigned user, mode_t mask, void (*body)(void *), void *argument)
{
    role what = {user, mask, body, argument};
    process child = start(role_body, &what);
    int status = reap(&child);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip("this user cannot become another one");
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Makes a new workspace of that user and group the current directory. */
UNUSED static void enter_workspace_of(unsigned user, unsigned group, mode_t mode)
{
    char *root = new_workspace();

    if (geteuid() != 0)
        skip("only root can create files for other users");
    if (chown(root, user, group) == -1)
        skip("chown(2) is not permitted here");
    CHECK(chmod(root, mode) == 0 && chdir(root) == 0);
}

/* Checks the owner, the group and the permission bits of a file. */
#define CHECK_ACCESS(path, user, group, mode) check_access(__FILE__, __LINE__, path, user, group, mode)

UNUSED static void check_access(const char *file, int line, const char *path, unsigned user, unsigned group, unsigned mode)
{
    struct stat found;

    CHECK(lstat(path, &found) == 0);
    if (found.st_uid != user || found.st_gid != group || (found.st_mode & 0777) != mode)
        fail(file, line, "%s is of user %u, group %u, mode %03o, not of user %u, group %u, mode %03o", path, found.st_uid,
             found.st_gid, found.st_mode & 0777, user, group, mode);
}

UNUSED static void lock_and_release(void *unused)
{
    (void)unused;
    CHECK_STATUS(RALPH_LOCK_OK, try_only("."));
}

/* For run_as(): the lock file is not writable, and the message names its owner, its mode and the remedy. */
UNUSED static void be_refused(void *unused)
{
    ralph_lock_error *error = cannot_acquire(".", EACCES);
    const char *message = ralph_lock_error_message(error);

    (void)unused;
    if (strstr(message, "user ") == NULL || strstr(message, "mode ") == NULL || strstr(message, "chmod") == NULL)
        fail(__FILE__, __LINE__, "\"%s\" does not name the owner, the mode and the remedy", message);
    ralph_lock_error_free(error);
}

#endif
