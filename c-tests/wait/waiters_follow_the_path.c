/* When its lock file is removed, replaced or renamed, a waiter gets the lock of the file that is at the path then,
 * while a program that knows only the file holds the old one. */
#include "inspecting.h"

static void removed(const char *root)
{
    CHECK(unlink(lock_file_of(root)) == 0);
}

static void replaced(const char *root)
{
    char *other = path_of("%s/other", root);

    write_file(other, "", 0);
    CHECK(rename(other, lock_file_of(root)) == 0);
}

static void moved_away(const char *root)
{
    CHECK(rename(lock_file_of(root), path_of("%s/.ralph/elsewhere", root)) == 0);
}

static void folder_removed(const char *root)
{
    removed(root);
    /* Unless the waiter has created the file again already. */
    CHECK(rmdir(path_of("%s/.ralph", root)) == 0 || errno == ENOTEMPTY);
}

/* The lock file itself does not change, so no event reports this. */
static void folder_renamed(const char *root)
{
    CHECK(rename(path_of("%s/.ralph", root), path_of("%s/.elsewhere", root)) == 0);
}

static void folder_made_anew(const char *root)
{
    int file;

    folder_renamed(root);
    /* Unless the waiter has created them again already, with its record. */
    CHECK(mkdir(path_of("%s/.ralph", root), 0777) == 0 || errno == EEXIST);
    file = open(lock_file_of(root), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    CHECK(file != -1);
    close(file);
}

static double change(void (*how_changed)(const char *), way how)
{
    char *root = new_workspace();
    process lost, waiter;
    double changed, took;
    char *record;

    write_file(lock_file_of(root), "", 0);
    lost = hold_plainly(root, LOCK_EX);
    waiter = start_waiting(root, "next", how);
    changed = now_ms();

    how_changed(root);
    CHECK(hear(&waiter) == 'g');
    took = now_ms() - changed;
    check_held(root, "next");
    record = read_file(lock_file_of(root), NULL);
    dismiss(&lost);
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    check_held(root, "next");
    say(&waiter, 'x');
    finish(&waiter);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    return took;
}

static void check_follows(const char *what, void (*how_changed)(const char *), way how, double late)
{
    double took[3];
    int i;

    for (i = 0; i < 3; i++)
        if ((took[i] = change(how_changed, how)) < late)
            return;
    fail(__FILE__, __LINE__, "%s (way %d) took %.0f, %.0f and %.0f ms", what, (int)how, took[0], took[1], took[2]);
}

/* Another process locks the new file first: the waiter then waits for that one. */
static void check_new_file_counts(way how)
{
    char *root = new_workspace();
    char *other = path_of("%s/other", root);
    process lost, waiter;
    ralph_lock_guard *taken;

    write_file(lock_file_of(root), "", 0);
    lost = hold_plainly(root, LOCK_EX);
    waiter = start_waiting(root, "next", how);

    /* The new file is locked before it is moved to the path. */
    CHECK(mkdir(other, 0777) == 0);
    taken = acquire(other, "is quicker");
    CHECK(rename(lock_file_of(other), lock_file_of(root)) == 0);
    until_asleep(waiter.pid);
    dismiss(&lost);
    until_asleep(waiter.pid);
    check_held(root, "is quicker");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(taken));
    CHECK(hear(&waiter) == 'g');
    check_held(root, "next");
    say(&waiter, 'x');
    finish(&waiter);
}

int main(void)
{
    static const way ways[] = {TIMED, STEPPED};
    size_t i;

    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        check_follows("removed", removed, ways[i], LATE);
        check_follows("replaced", replaced, ways[i], LATE);
        check_follows("moved away", moved_away, ways[i], LATE);
        check_follows("folder removed", folder_removed, ways[i], LATE);
        check_follows("folder renamed", folder_renamed, ways[i], 10000);
        check_follows("folder created again", folder_made_anew, ways[i], 10000);
        check_new_file_counts(ways[i]);
    }
    return 0;
}
