/* Stand-ins for what only Linux has, so that the programs compile on other systems: namespaces, private mounts, prctl(2).
 * A program that needs one of them says there that it cannot run. */
#ifndef ELSEWHERE_H
#define ELSEWHERE_H

#include <errno.h>
#include <sys/mount.h>
#include <time.h>

#define CLONE_NEWNS 0
#define CLONE_NEWPID 0
#define CLONE_NEWUSER 0
#define CLONE_NEWUTS 0
#define MS_NODEV 0
#define MS_NOEXEC 0
#define MS_NOSUID 0
#define MS_PRIVATE 0
#define MS_RDONLY 0
#define MS_REC 0
#define MS_REMOUNT 0
#define MS_BIND 0
#define unshare(flags) ((void)(flags), cannot())
#define mount(from, place, type, flags, options) \
    ((void)(from), (void)(place), (void)(type), (void)(flags), (void)(options), cannot())
#define umount(place) ((void)(place), cannot())
#define umount2(place, flags) ((void)(place), (void)(flags), cannot())
#define MNT_DETACH 0

__attribute__((unused)) static int cannot(void)
{
    errno = ENOSYS;
    return -1;
}

/* That a child ends with its starter matters only when a test fails. */
#define PR_SET_PDEATHSIG 1
#define PR_SET_CHILD_SUBREAPER 2
#define PR_SET_NAME 3
#define PR_SET_DUMPABLE 4

__attribute__((noreturn, unused)) static void skip(const char *reason);

__attribute__((unused)) static int prctl(int option, ...)
{
    if (option != PR_SET_PDEATHSIG)
        skip("prctl(2) is Linux's");
    return 0;
}

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0
#endif
#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME CLOCK_MONOTONIC
#endif

#ifdef __APPLE__
#define st_atim st_atimespec
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

#endif
