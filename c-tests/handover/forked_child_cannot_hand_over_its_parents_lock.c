/* A forked child cannot turn its copy of a guard into a descriptor; its parent's guard and lock stay as they are. */
#include "check.h"
#include "handover.h"

static char *root;

static void hand_over(void *guard)
{
    int descriptors = open_descriptors();
    ralph_lock_error *error;
    int32_t fd = 7;
    int i;

    for (i = 0; i < 2; i++) {
        CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_into_fd(guard, &fd, &error));
        CHECK(fd == -1);
        CHECK(strstr(ralph_lock_error_message(error), "forked") != NULL);
        ralph_lock_error_free(error);
        CHECK(open_descriptors() == descriptors);
    }
    check_holder(root, starter.pid, "parent");
    /* It still has its copy, and can close it. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(open_descriptors() == descriptors - 2);
    check_holder(root, starter.pid, "parent");
}

int main(void)
{
    ralph_lock_guard *guard;
    process child;

    root = new_workspace();
    guard = acquire(root, "parent");
    child = start(hand_over, guard);
    finish(&child);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    guard = adopt(root, "again", into_fd(guard));
    check_holder(root, getpid(), "again");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_free(root);
    return 0;
}
