/* Reading the holder on record, and what the kernel says about processes. */
#ifndef HOLDERS_H
#define HOLDERS_H

#include "check.h"
#include "privileges.h"

/* Checks liveness and relation of the process on record, whether or not it still holds the lock. */
#define CHECK_HOLDER(liveness, relation, root) check_holder(__FILE__, __LINE__, liveness, relation, root)

/* A workspace's record, which must exist. */
UNUSED static ralph_lock_metadata *on_record(const char *root)
{
    ralph_lock_metadata *metadata;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &metadata, NULL));
    return metadata;
}

UNUSED static void check_holder(const char *file, int line, ralph_lock_liveness liveness,
                                ralph_lock_relation relation, const char *root)
{
    static const char *const LIVENESS[] = {"UNKNOWN", "LIVE", "DEAD", "RECYCLED", "FOREIGN"};
    static const char *const RELATION[] = {"UNKNOWN", "SELF", "ANCESTOR", "OTHER"};
    ralph_lock_metadata *metadata = on_record(root);
    ralph_lock_liveness is_live = ralph_lock_metadata_liveness(metadata);
    ralph_lock_relation is_related = ralph_lock_metadata_relation(metadata);

    if (is_live != liveness || is_related != relation)
        fail(file, line, "process %u is %s and %s instead of %s and %s",
             (unsigned)ralph_lock_metadata_pid(metadata), LIVENESS[is_live], RELATION[is_related],
             LIVENESS[liveness], RELATION[relation]);
    ralph_lock_metadata_free(metadata);
}

/* The text of /proc/PID/stat from its third field, the state, on (proc(5)). It is read as the first thread's, because
 * an emulator replaces the process's own file. */
UNUSED static char *stat_of(pid_t pid)
{
    char text[1024];
    FILE *file = fopen(path_of("/proc/%d/task/%d/stat", (int)pid, (int)pid), "r");
    char *fields;

    CHECK(file != NULL && fgets(text, sizeof text, file) != NULL);
    CHECK(fclose(file) == 0);
    fields = strrchr(text, ')');
    CHECK(fields != NULL);
    return path_of("%s", fields + 2);
}

/* When a process started, in ticks since the boot. */
UNUSED static long start_of(pid_t pid)
{
    char *fields = stat_of(pid);
    int i;

    for (i = 3; i < 22; i++)
        fields = strchr(fields, ' ') + 1;
    return atol(fields);
}

/* Returns when a process started now has a later start time than this one. */
UNUSED static void until_later_than(long start)
{
    struct timespec now;

    do {
        sched_yield();
        CHECK(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
    } while ((double)now.tv_sec + (double)now.tv_nsec / 1e9 < (double)(start + 1) / (double)sysconf(_SC_CLK_TCK));
}

/* Returns when a child has ended, and leaves it a zombie. */
UNUSED static void until_ended(const process *child)
{
    siginfo_t ended;

    CHECK(waitid(P_PID, (id_t)child->pid, &ended, WEXITED | WNOWAIT) == 0 && ended.si_pid == child->pid);
}

/* Waits for a process that must exit with status 0, or with 77 when the promise cannot be tested. */
UNUSED static void finish_or_skip(process *child)
{
    int status = reap(child);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        exit(77);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Mounts a /proc of this pid namespace, for this process and its children only. */
UNUSED static void mount_own_proc(const char *options)
{
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) == -1)
        skip("/proc cannot be mounted here (not by this user, or parts of it are hidden)");
}

/* The next child begins a pid namespace; from now on only this process and its children see new mounts. */
UNUSED static void begin_pid_namespace(void)
{
    have_private_mounts();
    if (unshare(CLONE_NEWPID) == -1)
        skip("this user cannot make pid namespaces");
}

#endif
