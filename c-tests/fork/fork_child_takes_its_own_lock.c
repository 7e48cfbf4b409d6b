/* A forked child takes its own lock, is on record as itself, and releases only what it took. */
#include "check.h"

static char *parents, *childs;

static void take_release_and_hold(void *guard)
{
    ralph_lock_guard *own = acquire(childs, "short");

    CHECK(try_only(childs) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(own));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(own));
    CHECK(is_blank(lock_file_of(childs)));
    CHECK(try_only(parents) == RALPH_LOCK_ALREADY_LOCKED);

    /* The copy of the parent's guard and the child's own guards stay apart. */
    own = acquire(childs, "long");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(own, NULL));
    say(&starter, 'h');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(own));
}

int main(void)
{
    ralph_lock_guard *guard, *none;
    ralph_lock_metadata *holder;
    process child;

    parents = new_workspace();
    childs = new_workspace();
    guard = acquire(parents, "parent");
    child = start(take_release_and_hold, guard);
    CHECK(hear(&child) == 'h');

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(childs, "parent", &none, &holder, NULL));
    CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)child.pid);
    CHECK_TEXT("long", ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
    CHECK(is_locked(parents));

    say(&child, 'r');
    finish(&child);
    CHECK(!is_locked(childs));
    CHECK(is_blank(lock_file_of(childs)));
    CHECK(is_locked(parents));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
