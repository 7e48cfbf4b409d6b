/* guard_restore puts back a lock file that was removed or replaced, with its record; the guard stays valid. */
#include "removing.h"

/* Checks that all is as before the removal. */
static void check_in_place(const char *root, const ralph_lock_guard *guard, const char *record)
{
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    check_held(root, "restored");
    check_state(root, RALPH_LOCK_STATE_HELD, "restored");
    CHECK_TEXT(lock_file_of(root), ralph_lock_guard_path(guard));
}

static void check_restored(const char *removal)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "restored");
    char *record = read_file(lock_file_of(root), NULL);
    process waiter = start_waiting(root, "next", BLOCKING);
    int descriptors = open_descriptors();
    ralph_lock_metadata *holder = (ralph_lock_metadata *)1;
    ralph_lock_error *error;

    run_in(root, removal);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, &holder, &error));
    CHECK(holder == NULL && error == NULL);
    check_in_place(root, guard, record);
    /* A second call changes nothing. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    check_in_place(root, guard, record);
    CHECK(open_descriptors() == descriptors);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(open_descriptors() == descriptors - 2);
    CHECK(hear(&waiter) == 'g');
    check_held(root, "next");
    say(&waiter, 'x');
    finish(&waiter);
    CHECK(is_blank(lock_file_of(root)));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_guard_restore(guard, NULL, NULL));
}

/* A program that knows only the file has locked the new one. */
static void check_already_locked(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "restored");
    char *record = read_file(lock_file_of(root), NULL);
    int descriptors = open_descriptors();
    ralph_lock_metadata *holder;
    process other;

    CHECK(unlink(lock_file_of(root)) == 0);
    write_file(lock_file_of(root), "", 0);
    other = hold_plainly(root, LOCK_EX);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_guard_restore(guard, &holder, NULL));
    CHECK(holder == NULL);
    write_file(lock_file_of(root), record, strlen(record));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_guard_restore(guard, &holder, NULL));
    CHECK_TEXT("restored", ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK(open_descriptors() == descriptors + 2);
    dismiss(&other);
    /* The guard has not changed. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    check_in_place(root, guard, record);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

/* Probers and contenders block it for an instant only. */
static void keep_asking(void *root)
{
    say(&starter, 'b');
    while (hear(&starter) == 'n') {
        int i;

        for (i = 0; i < 20; i++) {
            is_locked(root);
            CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
        }
        say(&starter, 'n');
    }
}

static void check_others_are_looked_past(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "restored");
    process other = start(keep_asking, root);
    int i;

    CHECK(hear(&other) == 'b');
    for (i = 0; i < MANY(200); i++) {
        if (i % 10 == 0)
            say(&other, 'n');
        CHECK(unlink(lock_file_of(root)) == 0);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
        if (i % 10 == 9)
            CHECK(hear(&other) == 'n');
    }
    close(other.to);
    other.to = dup(other.from);
    finish(&other);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

/* A root is never created again. */
static void check_lost_root(const char *move)
{
    char *above = new_workspace();
    char *root = path_of("%s/root", above);
    ralph_lock_guard *guard;

    CHECK(mkdir(root, 0777) == 0);
    guard = acquire(root, "restored");
    run_in(above, move);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_restore(guard, NULL, NULL));
    CHECK(!has_lock_file(root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void in_a_child(void *guard)
{
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_restore(guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_verify(guard, NULL));
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "parent");
    ralph_lock_error *error;
    process child;
    int i;

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_restore(NULL, NULL, &error));
    ralph_lock_error_free(error);
    CHECK(unlink(lock_file_of(root)) == 0);
    child = start(in_a_child, guard);
    finish(&child);
    CHECK(!has_lock_file(root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    for (i = 0; i < REMOVAL_COUNT; i++)
        check_restored(REMOVALS[i]);
    check_already_locked();
    check_others_are_looked_past();
    check_lost_root("mv root elsewhere");
    check_lost_root("mv root elsewhere && mkdir root");
    check_lost_root("rm -rf root");
    return 0;
}
