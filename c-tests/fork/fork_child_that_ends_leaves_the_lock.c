/* A forked child that ends without a release leaves the lock with its parent. */
#include "check.h"

static void end_normally(void *unused)
{
    (void)unused;
}

static void end_at_once(void *unused)
{
    (void)unused;
    _exit(0);
}

static void wait_for_the_end(void *unused)
{
    (void)unused;
    hear(&starter);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "parent");
    char *record = read_file(lock_file_of(root), NULL);
    process child;

    child = start(end_normally, NULL);
    finish(&child);
    child = start(end_at_once, NULL);
    finish(&child);
    child = start(wait_for_the_end, NULL);
    kill_hard(&child);

    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(!is_locked(root));
    return 0;
}
