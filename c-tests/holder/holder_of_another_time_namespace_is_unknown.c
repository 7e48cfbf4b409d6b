/* To a process of another time namespace, in which start times differ, a live holder is UNKNOWN and never RECYCLED,
 * even if it is the parent. A holder that has ended is DEAD. */
#include "holders.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static void ask_about_the_living(void *root)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_state state;
    ralph_lock_error *error;

    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_UNKNOWN, root);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "try", &guard, &metadata, NULL));
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_UNKNOWN);
    CHECK(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_UNKNOWN);
    CHECK(ralph_lock_metadata_local_pid(metadata) == (uint32_t)getppid());
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(root, &state, &metadata, NULL));
    CHECK(state == RALPH_LOCK_STATE_HELD && ralph_lock_metadata_pid(metadata) == (uint32_t)getppid());
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_signal_holder(root, SIGKILL, &error));
    CHECK(strstr(ralph_lock_error_message(error), "cannot be told") != NULL);
    ralph_lock_error_free(error);
}

static void ask_about_the_dead(void *root)
{
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_OTHER, root);
}

static void ask_about_others(void *root)
{
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_OTHER, root);
}

int main(void)
{
    char *own = new_workspace(), *dead = new_workspace(), *others = new_workspace();
    ralph_lock_guard *guard = acquire(own, "a parent's");
    process holder = hold(dead, "dies"), other = hold(others, "runs"), child;
    FILE *offsets;

    kill_hard(&holder);
    /* The next children are in the new namespace. */
    if (unshare(CLONE_NEWTIME) == -1)
        skip("this user cannot make time namespaces, or the kernel has none");
    offsets = fopen("/proc/self/timens_offsets", "w");
    CHECK(offsets != NULL && fputs("boottime 100000 0", offsets) >= 0 && fclose(offsets) == 0);
    child = start(ask_about_the_living, own);
    finish(&child);
    child = start(ask_about_the_dead, dead);
    finish(&child);
    child = start(ask_about_others, others);
    finish(&child);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, own);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    kill_hard(&other);
    return 0;
}
