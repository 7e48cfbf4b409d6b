/* A process without write permission for the lock file learns its holder; a free lock is RALPH_LOCK_IO with EACCES. */
#include "check.h"
#include "privileges.h"

static void check_blocking_fails(void)
{
    ralph_lock_guard *guard;
    ralph_lock_error *error;

    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_acquire_blocking(".", "p", &guard, &error));
    CHECK(errno == EACCES && ralph_lock_error_os_code(error) == EACCES);
    CHECK(guard == NULL);
    ralph_lock_error_free(error);
}

static void check_fails(const char *path)
{
    ralph_lock_error *error = cannot_acquire(".", EACCES);

    CHECK_TEXT(path, ralph_lock_error_path(error));
    CHECK(strstr(ralph_lock_error_message(error), path) != NULL);
    /* The owner, the mode and the remedy. */
    CHECK(strstr(ralph_lock_error_message(error), " belongs to user ") != NULL);
    CHECK(strstr(ralph_lock_error_message(error), ", mode 0") != NULL);
    CHECK(strstr(ralph_lock_error_message(error), "chmod g+w ") != NULL);
    ralph_lock_error_free(error);
    check_blocking_fails();
}

static void look_at_held_lock(void *record)
{
    int descriptors = open_descriptors();
    ralph_lock_metadata *metadata;

    CHECK(is_locked("."));
    check_held(".", "privileged");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(".", &metadata, NULL));
    CHECK_TEXT("privileged", ralph_lock_metadata_prompt(metadata));
    ralph_lock_metadata_free(metadata);
    /* A wait fails at once, held or not: it could never get the lock. */
    check_blocking_fails();
    CHECK_TEXT(record, read_file(RALPH_LOCK_FILE, NULL));
    CHECK(open_descriptors() == descriptors);
}

static void look_at_free_lock(void *unused)
{
    (void)unused;
    CHECK(!is_locked("."));
    check_fails("./.ralph/loop.lock");
    CHECK(is_blank(RALPH_LOCK_FILE));
    CHECK(!is_locked("."));
}

/* Without read permission nothing is known: above all, the answer must not be ALREADY_LOCKED. */
static void look_at_unreadable_lock(void *unused)
{
    ralph_lock_metadata *metadata;
    bool locked;

    (void)unused;
    check_fails("./.ralph/loop.lock");
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_is_locked(".", &locked, NULL));
    CHECK(errno == EACCES);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_read_existing(".", &metadata, NULL));
    CHECK(errno == EACCES);
}

static void look_at_missing_file(void *unused)
{
    (void)unused;
    check_fails("./.ralph/loop.lock");
    CHECK(!is_locked("."));
}

static void look_at_missing_folder(void *unused)
{
    (void)unused;
    check_fails("./.ralph");
    CHECK(!is_locked("."));
}

int main(void)
{
    char *root = new_workspace();
    process holder;

    /* The directories above may be closed to other users; the current directory needs no path. */
    CHECK(chdir(root) == 0 && chmod(".", 0755) == 0);
    holder = hold(".", "privileged");
    CHECK(chmod(RALPH_LOCK_FILE, 0444) == 0 && chmod(".ralph", 0555) == 0);
    run_unprivileged(look_at_held_lock, read_file(RALPH_LOCK_FILE, NULL));

    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    say(&holder, 'x');
    finish(&holder);
    run_unprivileged(look_at_free_lock, NULL);

    CHECK(chmod(RALPH_LOCK_FILE, 0644) == 0);
    holder = hold(".", "privileged");
    CHECK(chmod(RALPH_LOCK_FILE, 0000) == 0);
    run_unprivileged(look_at_unreadable_lock, NULL);
    kill_hard(&holder);

    CHECK(chmod(".ralph", 0755) == 0 && unlink(RALPH_LOCK_FILE) == 0);
    CHECK(unlink(".ralph/.gitignore") == 0 && chmod(".ralph", 0555) == 0);
    run_unprivileged(look_at_missing_file, NULL);

    CHECK(rmdir(".ralph") == 0 && chmod(".", 0555) == 0);
    run_unprivileged(look_at_missing_folder, NULL);
    CHECK(access(".ralph", F_OK) == -1);
    return 0;
}
