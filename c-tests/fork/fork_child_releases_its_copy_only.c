/* A forked child that releases its copy of a guard leaves the lock with its parent. */
#include "check.h"

static void release_copy(void *guard)
{
    int descriptors = open_descriptors();

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(open_descriptors() == descriptors - 2);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
}

static void release_in_child_and_grandchild(void *guard)
{
    process grandchild = start(release_copy, guard);

    finish(&grandchild);
    release_copy(guard);
}

static void is_refused(void *root)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "third", &guard, &holder, NULL));
    CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)starter.pid);
    CHECK_TEXT("parent", ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "parent");
    char *record = read_file(lock_file_of(root), NULL);
    process child, third;

    child = start(release_copy, guard);
    finish(&child);
    child = start(release_in_child_and_grandchild, guard);
    finish(&child);

    CHECK(is_locked(root));
    CHECK_TEXT(record, read_file(lock_file_of(root), NULL));
    third = start(is_refused, root);
    finish(&third);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(try_only(root) == RALPH_LOCK_OK);
    return 0;
}
