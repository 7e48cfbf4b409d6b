/* A forked child that begins a pid namespace can have its parent's pid. Its release still ends only its own copy. */
#include "check.h"

static ralph_lock_guard *guard;

/* Process 1 of the inner namespace. */
static void child(void *root)
{
    CHECK(getpid() == 1);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_locked(root));
}

/* Process 1 of the outer namespace. */
static void parent(void *root)
{
    process inner;

    CHECK(getpid() == 1);
    guard = acquire(root, "held by process 1");
    CHECK(unshare(CLONE_NEWPID) == 0);
    inner = start(child, root);
    finish(&inner);
    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK(!is_blank(lock_file_of(root)));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(!is_locked(root));
}

int main(void)
{
    char *root = new_workspace();
    process outer;

    if (unshare(CLONE_NEWPID) == -1)
        skip("this user cannot make pid namespaces");
    outer = start(parent, root);
    finish(&outer);
    return 0;
}
