/* A process that cannot look up its ancestors for want of descriptors reports the relation as UNKNOWN, not OTHER. */
#include "check.h"
#include "opens.h"

static void child(void *root)
{
    ralph_lock_metadata *metadata;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &metadata, NULL));
    CHECK(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_ANCESTOR);
    /* Enough to look up itself, and no more. */
    opens_left = 1;
    CHECK(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_UNKNOWN);
    opens_left = 0;
    CHECK(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_UNKNOWN);
    opens_left = -1;
    CHECK(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_ANCESTOR);
    ralph_lock_metadata_free(metadata);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "parent");
    process descendant = start(child, root);

    finish(&descendant);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
