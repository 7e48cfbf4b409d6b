/* Of two threads that release one guard at once, one gets OK and the other INVALID_HANDLE. */
#include "check.h"
#include "threads.h"

enum { ROUNDS = 2000 };

/* How many rounds have begun, and how many the other thread has ended. A barrier would wake the
 * threads too far apart. */
static int begun, ended;
static ralph_lock_guard *guard;
static ralph_lock_status other;

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
        other = ralph_lock_release(guard);
        __atomic_store_n(&ended, i, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

int main(void)
{
    char *root = new_workspace();
    int descriptors = open_descriptors();
    pthread_t thread;
    int i;

    thread = start_thread(release_too, NULL);
    for (i = 1; i <= ROUNDS; i++) {
        ralph_lock_status mine;

        guard = acquire(root, "released twice");
        __atomic_store_n(&begun, i, __ATOMIC_SEQ_CST);
        mine = ralph_lock_release(guard);
        until(&ended, i);
        CHECK_STATUS(mine == RALPH_LOCK_OK ? RALPH_LOCK_INVALID_HANDLE : RALPH_LOCK_OK, other);
        CHECK_STATUS(other == RALPH_LOCK_OK ? RALPH_LOCK_INVALID_HANDLE : RALPH_LOCK_OK, mine);
        CHECK(is_blank(lock_file_of(root)));
    }
    join(thread);
    CHECK(open_descriptors() == descriptors);
    return 0;
}
