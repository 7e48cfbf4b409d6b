/* A holder that has not written its record yet is unknown. Neither inspect nor a refusal takes it for the dead holder
 * whose record is still in the file. */
#include "inspecting.h"

#include <sys/syscall.h>

static process unnamed;
static bool ends_early, is_passed_over;
/* After how many more lists another unnamed holder takes the lock; -1: there is none. */
static int lists_before = -1;
static const char *root;

/* Replaces the library's openat(2): when it reads /proc/locks, the unnamed holder is gone, or missing in the list, as
 * can happen while other locks come and go. */
int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;

    if ((flags & O_CREAT) != 0) {
        va_list arguments;

        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if (ends_early && strcmp(path, "/proc/locks") == 0) {
        ends_early = false;
        dismiss(&unnamed);
    }
    if (is_passed_over && strcmp(path, "/proc/locks") == 0) {
        is_passed_over = false;
        path = "/dev/null";
    }
    if (lists_before > 0 && strcmp(path, "/proc/locks") == 0)
        lists_before--;
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

/* With 64-bit offsets on 32 bits it has this name already. */
#ifndef __USE_FILE_OFFSET64
#ifdef __GLIBC__
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
#endif
#endif

/* Replaces the library's flock(2): after some lists, another unnamed holder has taken the lock. */
int flock(int fd, int operation)
{
    if (lists_before == 0) {
        lists_before = -1;
        unnamed = hold_plainly(root, LOCK_EX);
    }
    return (int)syscall(SYS_flock, fd, operation);
}

static void check_no_holder_is_named(void)
{
    unnamed = hold_plainly(root, LOCK_EX);
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    check_held_by_an_unknown_holder(root);
    dismiss(&unnamed);
}

static void check_no_holder_is_named_in_a_storm(void)
{
    unnamed = hold_plainly(root, LOCK_EX);
    is_passed_over = true;
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    CHECK(!is_passed_over);
    is_passed_over = true;
    check_held_by_an_unknown_holder(root);
    CHECK(!is_passed_over);
    dismiss(&unnamed);
}

/* The unnamed holder unlocks while it is looked up. */
static void check_no_holder_is_named_late(bool inspects)
{
    ralph_lock_metadata *metadata;
    ralph_lock_guard *guard;

    unnamed = hold_plainly(root, LOCK_EX);
    ends_early = true;
    if (inspects) {
        if (look(root, &metadata) == RALPH_LOCK_STATE_HELD)
            CHECK(metadata == NULL);
    } else {
        if (ralph_lock_try_acquire(root, "try", &guard, &metadata, NULL) != RALPH_LOCK_OK)
            CHECK(metadata == NULL);
        ralph_lock_release(guard);
    }
    ralph_lock_metadata_free(metadata);
    if (ends_early)
        dismiss(&unnamed);
    ends_early = false;
}

/* The same, and then the next one takes the lock: after so many of the lists. */
static void check_no_holder_is_named_between(bool inspects, int lists)
{
    leave_record(root, "dead");
    lists_before = lists;
    check_no_holder_is_named_late(inspects);
    /* Unless the call had ended before that. */
    if (lists_before == -1)
        dismiss(&unnamed);
    lists_before = -1;
}

/* The same, and a descriptor without a lock is adopted. It has the lock afterwards, or none. */
static void check_adopting_late(void)
{
    int fd = open(lock_file_of(root), O_RDWR | O_CLOEXEC);
    ralph_lock_guard *guard;

    CHECK(fd >= 0);
    unnamed = hold_plainly(root, LOCK_EX);
    ends_early = true;
    if (ralph_lock_adopt_fd(root, "adopts", NULL, fd, &guard, NULL) == RALPH_LOCK_OK) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    } else {
        CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
        close(fd);
    }
    CHECK(!ends_early);
}

int main(void)
{
    process zombie;
    siginfo_t ended;
    int lists;

    root = new_workspace();

    leave_record(root, "dead");
    check_no_holder_is_named();
    check_no_holder_is_named_in_a_storm();

    leave_record(root, "dead");
    check_no_holder_is_named_late(true);
    leave_record(root, "dead");
    check_no_holder_is_named_late(false);
    leave_record(root, "dead");
    check_adopting_late();
    for (lists = 1; lists <= 3; lists++) {
        check_no_holder_is_named_between(true, lists);
        check_no_holder_is_named_between(false, lists);
    }

    /* Killed and not reaped: its pid is not free yet, but its lock is. */
    CHECK(try_only(root) == RALPH_LOCK_OK);
    zombie = hold(root, "zombie");
    CHECK(kill(zombie.pid, SIGKILL) == 0);
    CHECK(waitid(P_PID, (id_t)zombie.pid, &ended, WEXITED | WNOWAIT) == 0);
    check_state(root, RALPH_LOCK_STATE_STALE, "zombie");
    unnamed = hold_plainly(root, LOCK_EX);
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    dismiss(&unnamed);
    reap(&zombie);
    return 0;
}
