/* Who cannot look up its ancestors, for want of descriptors, does not call one of them a stranger. */
#include "check.h"

static int opens_left = -1;

/* The library's open. */
int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    if (opens_left == 0) {
        errno = EMFILE;
        return -1;
    }
    opens_left -= opens_left > 0;
    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return openat(AT_FDCWD, path, flags, mode);
}

static void child(void *root)
{
    ralph_lock_metadata *metadata;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &metadata, NULL));
    CHECK(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_ANCESTOR);
    /* Enough for looking at itself, and no more. */
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
