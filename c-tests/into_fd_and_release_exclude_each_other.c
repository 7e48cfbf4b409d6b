/* Of two threads that end one guard at once, one by a release and one by into_fd, one wins; the lock is free or
 * held by the descriptor. */
#include "check.h"
#include "handover.h"
#include "threads.h"

enum { ROUNDS = 1000 };

static int begun, ended;
static ralph_lock_guard *guard;
static ralph_lock_status released;

static void until(const int *counter, int value)
{
    while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) != value)
        sched_yield();
}

static void *release_too(void *unused)
{
    int i;

    (void)unused;
    for (i = 1; i <= ROUNDS; i++) {
        until(&begun, i);
        released = ralph_lock_release(guard);
        __atomic_store_n(&ended, i, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

int main(void)
{
    char *root = new_workspace();
    int descriptors = open_descriptors(), handed = 0, i, spin;
    pthread_t thread = start_thread(release_too, NULL);

    for (i = 1; i <= ROUNDS; i++) {
        ralph_lock_status mine;
        int32_t fd = 7;

        guard = acquire(root, "ended twice");
        __atomic_store_n(&begun, i, __ATOMIC_SEQ_CST);
        /* Neither thread is the first one always. */
        for (spin = 0; spin < i % 64 * 256; spin++)
            __atomic_load_n(&begun, __ATOMIC_SEQ_CST);
        mine = ralph_lock_guard_into_fd(guard, &fd, NULL);
        until(&ended, i);
        CHECK_STATUS(mine == RALPH_LOCK_OK ? RALPH_LOCK_INVALID_HANDLE : RALPH_LOCK_OK, released);
        CHECK_STATUS(released == RALPH_LOCK_OK ? RALPH_LOCK_INVALID_HANDLE : RALPH_LOCK_OK, mine);
        CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
        if (mine == RALPH_LOCK_OK) {
            handed++;
            CHECK(is_locked(root));
            CHECK(open_descriptors() == descriptors + 1);
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(adopt(root, "adopter", fd)));
        } else {
            CHECK(fd == -1);
        }
        CHECK(open_descriptors() == descriptors);
        CHECK(!is_locked(root) && is_blank(lock_file_of(root)));
    }
    join(thread);
    printf("handed over %d times of %d\n", handed, ROUNDS);
    return 0;
}
