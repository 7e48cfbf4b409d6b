/* A release frees the lock at once, even while forked children have the descriptor open. */
#include "check.h"

static void release_when_told(void *guard)
{
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    say(&starter, 'r');
    hear(&starter);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "first");
    process child = start(release_when_told, guard);
    char *record;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(!is_locked(root));
    CHECK(is_blank(lock_file_of(root)));

    /* The child's copy does not affect the next holder either. */
    guard = acquire(root, "second");
    record = read_file(lock_file_of(root), NULL);
    say(&child, 'r');
    CHECK(hear(&child) == 'r');
    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    say(&child, 'x');
    finish(&child);
    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
