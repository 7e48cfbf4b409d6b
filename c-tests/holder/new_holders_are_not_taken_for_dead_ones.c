/* Who has the lock and has not written its record yet is nobody that is known, and is never taken for the
 * dead holder whose record is still there: neither by inspect nor in a refusal. */
#include "inspecting.h"

#include <sys/syscall.h>

static process unnamed;
static bool lets_go, is_passed_over;

/* Called by the library too: the unnamed holder is gone by the time the list of locks is read, or the kernel passes
 * over it there, as it can while locks of others come and go. */
int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;

    if ((flags & O_CREAT) != 0) {
        va_list arguments;

        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if (lets_go && strcmp(path, "/proc/locks") == 0) {
        lets_go = false;
        dismiss(&unnamed);
    }
    if (is_passed_over && strcmp(path, "/proc/locks") == 0) {
        is_passed_over = false;
        path = "/dev/null";
    }
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

/* With 64-bit offsets on 32 bits this is its name anyhow. */
#ifndef __USE_FILE_OFFSET64
#ifdef __GLIBC__
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
#endif
#endif

static void check_nobody_is_named(const char *root)
{
    unnamed = hold_plainly(root, LOCK_EX);
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    check_held_by_nobody_known(root);
    dismiss(&unnamed);
}

static void check_nobody_is_named_in_a_storm(const char *root)
{
    unnamed = hold_plainly(root, LOCK_EX);
    is_passed_over = true;
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    CHECK(!is_passed_over);
    is_passed_over = true;
    check_held_by_nobody_known(root);
    CHECK(!is_passed_over);
    dismiss(&unnamed);
}

/* The unnamed holder lets go while it is looked up. */
static void check_nobody_is_named_late(const char *root, bool inspects)
{
    ralph_lock_metadata *metadata;
    ralph_lock_guard *guard;

    unnamed = hold_plainly(root, LOCK_EX);
    lets_go = true;
    if (inspects) {
        if (look(root, &metadata) == RALPH_LOCK_STATE_HELD)
            CHECK(metadata == NULL);
    } else {
        if (ralph_lock_try_acquire(root, "try", &guard, &metadata, NULL) != RALPH_LOCK_OK)
            CHECK(metadata == NULL);
        ralph_lock_release(guard);
    }
    ralph_lock_metadata_free(metadata);
    if (lets_go)
        dismiss(&unnamed);
    lets_go = false;
}

int main(void)
{
    char *root = new_workspace();
    process zombie;
    siginfo_t ended;

    leave_record(root, "dead");
    check_nobody_is_named(root);
    check_nobody_is_named_in_a_storm(root);

    leave_record(root, "dead");
    check_nobody_is_named_late(root, true);
    leave_record(root, "dead");
    check_nobody_is_named_late(root, false);

    /* Killed, and not reaped: its number is not free yet, but its lock is. */
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
