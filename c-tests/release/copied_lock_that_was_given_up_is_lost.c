/* A copy of a guard's descriptor can unlock the lock: verify then reports LOST, and a release leaves the next holder's
 * record alone. */
#include "handover.h"

/* Unlocks through copies, as a shell or flock(1) does that inherited them: the file, the root or both. */
static void give_up(const char *root, bool file, bool directory)
{
    struct stat locked, above, found;
    int fd;

    CHECK(stat(lock_file_of(root), &locked) == 0 && stat(root, &above) == 0);
    for (fd = 0; fd < 1024; fd++) {
        if (fstat(fd, &found) == -1 || found.st_dev != locked.st_dev)
            continue;
        if ((file && found.st_ino == locked.st_ino) || (directory && found.st_ino == above.st_ino))
            CHECK(flock(fd, LOCK_UN) == 0);
    }
}

static void child(void *root)
{
    hear(&starter);
    give_up(root, true, true);
    say(&starter, 'u');
    hear(&starter);
}

static void check_lost(char *root, ralph_lock_guard *guard)
{
    char *record;
    process next = hold(root, "next");

    record = read_file(lock_file_of(root), NULL);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_release(guard));
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    check_held(root, "next");
    kill_hard(&next);
}

/* The next holder has come and gone: this library's blanks its record, another program may leave its own. */
static void check_gone(char *root, ralph_lock_guard *guard, bool leaves_record)
{
    process next = hold(root, "next");
    char *record;

    if (leaves_record) {
        kill_hard(&next);
    } else {
        say(&next, 'r');
        CHECK(hear(&next) == 'r');
        say(&next, 'x');
        finish(&next);
    }
    record = read_file(lock_file_of(root), NULL);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_release(guard));
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    CHECK(!is_locked(root));
}

static ralph_lock_guard *adopted(char *root)
{
    return adopt(root, "adopter", into_fd(acquire(root, "first")));
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard;
    process forked;

    guard = adopted(root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    give_up(root, true, true);
    check_lost(root, guard);

    guard = adopted(root);
    give_up(root, true, true);
    check_gone(root, guard, true);
    guard = adopted(root);
    give_up(root, true, true);
    check_gone(root, guard, false);

    /* No process took it: release takes it again and blanks the record. */
    guard = adopted(root);
    give_up(root, true, true);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_held(root, "adopter");
    give_up(root, true, true);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(lock_file_of(root)));

    /* fork copies descriptors too. */
    guard = acquire(root, "forks");
    forked = start(child, root);
    say(&forked, 'u');
    CHECK(hear(&forked) == 'u');
    check_lost(root, guard);
    say(&forked, 'x');
    finish(&forked);

    /* The root alone. */
    guard = adopted(root);
    CHECK(unlink(lock_file_of(root)) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    give_up(root, false, true);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
