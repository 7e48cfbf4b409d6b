/* A guard belongs to the process: any thread may release it, also after the acquiring thread has ended. */
#include "check.h"
#include "threads.h"

static void *acquire_in_thread(void *root)
{
    return acquire(root, "thread");
}

static void *release_in_thread(void *guard)
{
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return NULL;
}

int main(void)
{
    char *root = new_workspace();
    void *guard;
    int i;

    for (i = 0; i < 100; i++) {
        CHECK(pthread_join(start_thread(acquire_in_thread, root), &guard) == 0);
        CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
        join(start_thread(release_in_thread, guard));
        CHECK(!is_locked(root));
        CHECK(is_blank(lock_file_of(root)));
        CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
    }
    return 0;
}
