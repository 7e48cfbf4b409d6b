/* Inspecting a lock, holders without a record, and processes with chosen pids. */
#ifndef INSPECTING_H
#define INSPECTING_H

#include "check.h"

#include <sys/mount.h>

/* What inspect returns; the caller frees the record. */
UNUSED static ralph_lock_state look(const char *root, ralph_lock_metadata **metadata)
{
    ralph_lock_state state;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_inspect(root, &state, metadata, &error);

    if (status != RALPH_LOCK_OK)
        fail(__FILE__, __LINE__, "cannot inspect: %s", ralph_lock_error_message(error));
    CHECK(error == NULL);
    return state;
}

/* Checks what inspect returns; the prompt is NULL for no record. */
UNUSED static void check_state(const char *root, ralph_lock_state expected, const char *prompt)
{
    ralph_lock_metadata *metadata;
    ralph_lock_state state = look(root, &metadata);
    const char *found = ralph_lock_metadata_prompt(metadata);

    if (state != expected || (found == NULL) != (prompt == NULL) || (prompt != NULL && strcmp(found, prompt) != 0))
        fail(__FILE__, __LINE__, "inspect says %d of %s instead of %d of %s", (int)state,
             found ? found : "no holder", (int)expected, prompt ? prompt : "no holder");
    ralph_lock_metadata_free(metadata);
}

/* Checks that the lock is refused and no holder named. */
UNUSED static void check_held_by_an_unknown_holder(const char *root)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "try", &guard, &holder, NULL));
    CHECK(guard == NULL);
    CHECK(holder == NULL);
}

/* What hold_plainly() runs. */
typedef struct plain {
    const char *file;
    int kind;
} plain;

UNUSED static void plain_body(void *argument)
{
    const plain *what = argument;
    int fd = open(what->file, O_RDONLY | O_CLOEXEC);

    CHECK(fd >= 0 && flock(fd, what->kind | LOCK_NB) == 0);
    say(&starter, 'h');
    hear(&starter);
}

/* Starts a process that holds a lock, LOCK_EX or LOCK_SH, and writes nothing, as flock(1) does. */
UNUSED static process hold_plainly(const char *root, int kind)
{
    plain what = {lock_file_of(root), kind};
    process child = start(plain_body, &what);

    CHECK(hear(&child) == 'h');
    return child;
}

/* For a process of start() that never reads its line: makes it end with its starter. */
UNUSED static void end_with_starter(void)
{
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    if (getppid() != starter.pid)
        exit(1);
}

/* Lets a process of start() end. */
UNUSED static void dismiss(process *child)
{
    say(child, 'x');
    finish(child);
}

/* Leaves the record of a killed holder. */
UNUSED static pid_t leave_record(const char *root, const char *prompt)
{
    process holder = hold(root, prompt);

    kill_hard(&holder);
    return holder.pid;
}

/* A letter on this pipe, or its end, ends the keeper. */
UNUSED static int keepers_line[2];

UNUSED static void keeper_body(void *unused)
{
    char nothing;

    (void)unused;
    close(keepers_line[1]);
    CHECK(read(keepers_line[0], &nothing, 1) >= 0);
}

UNUSED static void holder_of_keeper_body(void *argument)
{
    const holding *what = argument;
    process keeper;

    acquire(what->root, what->prompt);
    keeper = start(keeper_body, NULL);
    CHECK(write(starter.to, &keeper.pid, sizeof keeper.pid) == sizeof keeper.pid);
    hear(&starter);
}

/* A lock whose holder on record was killed, and that a child of the holder keeps. */
typedef struct kept {
    pid_t dead;
    pid_t keeper;
} kept;

UNUSED static kept keep(const char *root, const char *prompt)
{
    holding what = {root, prompt};
    process holder;
    kept lock;

    /* Adopts the orphan, so that this process can wait for its end. */
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    open_pipe(keepers_line);
    holder = start(holder_of_keeper_body, &what);
    CHECK(read(holder.from, &lock.keeper, sizeof lock.keeper) == sizeof lock.keeper);
    kill_hard(&holder);
    lock.dead = holder.pid;
    return lock;
}

/* Ends the keeper, and with it the lock. */
UNUSED static void end_keeper(const kept *lock)
{
    int status;

    /* Other processes may have copies. */
    CHECK(write(keepers_line[1], "x", 1) == 1);
    close(keepers_line[0]);
    close(keepers_line[1]);
    CHECK(waitpid(lock->keeper, &status, 0) == lock->keeper);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What run_in_pid_namespace() runs. */
typedef struct numbered {
    void (*body)(void *);
    void *argument;
} numbered;

UNUSED static void numbered_body(void *argument)
{
    const numbered *what = argument;

    CHECK(getpid() == 1);
    /* /proc shows the pid namespace of the process that mounted it. */
    if (mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == -1 || mount("proc", "/proc", "proc", 0, NULL) == -1)
        exit(77);
    what->body(what->argument);
}

/* Runs body(argument) as process 1 of a new pid namespace with its own /proc. False: this user cannot make one. */
UNUSED static bool run_in_pid_namespace(void (*body)(void *), void *argument)
{
    numbered what = {body, argument};
    process first;
    int status;

    fflush(NULL);
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) == -1)
        return false;
    first = start(numbered_body, &what);
    status = reap(&first);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        return false;
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return true;
}

/* Gives the next process of this pid namespace that pid, if it is free. False: not permitted. */
UNUSED static bool choose_next_pid(pid_t pid)
{
    char text[16];
    int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    int length = snprintf(text, sizeof text, "%d", (int)pid - 1);
    bool chosen;

    if (fd == -1)
        return false;
    chosen = write(fd, text, (size_t)length) == length;
    close(fd);
    return chosen;
}

/* Returns when a process started now gets another start time than one started before: the kernel keeps hundredths of
 * a second. */
UNUSED static void until_next_tick(void)
{
    struct timespec before, now;

    CHECK(clock_gettime(CLOCK_BOOTTIME, &before) == 0);
    do {
        sched_yield();
        CHECK(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
    } while (now.tv_sec == before.tv_sec && now.tv_nsec / 10000000 == before.tv_nsec / 10000000);
}

#endif
