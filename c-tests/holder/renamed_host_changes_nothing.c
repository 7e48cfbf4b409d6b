/* A holder stays LIVE and an ANCESTOR when its host is renamed; the record shows the old name. */
#include "holders.h"

static void ask(void *root)
{
    ralph_lock_metadata *metadata;

    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_ANCESTOR, root);
    metadata = on_record(root);
    CHECK_TEXT("before", ralph_lock_metadata_host(metadata));
    CHECK(ralph_lock_metadata_local_pid(metadata) == (uint32_t)getppid());
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, 0, NULL));
}

static void hold_and_rename(void *root)
{
    ralph_lock_guard *guard;
    process child;

    have_private_mounts();
    if (unshare(CLONE_NEWUTS) == -1 || sethostname("before", 6) == -1)
        skip("this user cannot rename a host");
    guard = acquire(root, "work");
    CHECK(sethostname("after", 5) == 0);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, root);
    child = start(ask, root);
    finish(&child);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

int main(void)
{
    process holder = start(hold_and_rename, new_workspace());

    finish_or_skip(&holder);
    return 0;
}
