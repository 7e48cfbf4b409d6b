/* Running with fewer privileges, and private mounts. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include "check.h"

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>

/* The user and the group that own nothing. */
#define NOBODY 65534

/* What run_unprivileged() runs. */
typedef struct unprivileged {
    void (*body)(void *);
    void *argument;
} unprivileged;

UNUSED static void unprivileged_body(void *argument)
{
    const unprivileged *what = argument;

    /* A caller that is not root is unprivileged already. In a container there may be no other user to become. */
    if (geteuid() == 0 && (setgroups(0, NULL) == -1 || setgid(NOBODY) == -1 || setuid(NOBODY) == -1))
        exit(77);
    what->body(what->argument);
}

/* Runs body(argument) in an unprivileged process. */
UNUSED static void run_unprivileged(void (*body)(void *), void *argument)
{
    unprivileged what = {body, argument};
    process child = start(unprivileged_body, &what);
    int status = reap(&child);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip("this user cannot become another one");
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Makes new mounts visible to this process and its children only; they end with these. */
UNUSED static void have_private_mounts(void)
{
    char *user = path_of("0 %u 1", (unsigned)geteuid());
    char *group = path_of("0 %u 1", (unsigned)getegid());

    /* A user other than root can still be root in a user namespace (user_namespaces(7)). */
    if (unshare(CLONE_NEWNS) == -1) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
            skip("file systems cannot be mounted in private here (not by this user, or not in a chroot)");
        write_file("/proc/self/setgroups", "deny", 4);
        write_file("/proc/self/uid_map", user, strlen(user));
        write_file("/proc/self/gid_map", group, strlen(group));
    }
    if (mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == -1)
        skip("file systems cannot be mounted in private here (not by this user, or not in a chroot)");
}

#endif
