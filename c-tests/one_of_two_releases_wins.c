/* Of two threads that release one guard at once, one gets OK and the other INVALID_HANDLE. */
#include "check.h"

enum { ROUNDS = 2000 };

static pthread_barrier_t begin, end;
static ralph_lock_guard *guard;
static ralph_lock_status other;

static void *release_too(void *unused)
{
    int i;

    (void)unused;
    for (i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&begin);
        other = ralph_lock_release(guard);
        pthread_barrier_wait(&end);
    }
    return NULL;
}

int main(void)
{
    char *root = new_workspace();
    int descriptors = open_descriptors();
    pthread_t thread;
    int i;

    CHECK(pthread_barrier_init(&begin, NULL, 2) == 0 && pthread_barrier_init(&end, NULL, 2) == 0);
    thread = start_thread(release_too, NULL);
    for (i = 0; i < ROUNDS; i++) {
        ralph_lock_status mine;

        guard = acquire(root, "released twice");
        pthread_barrier_wait(&begin);
        mine = ralph_lock_release(guard);
        pthread_barrier_wait(&end);
        CHECK_STATUS(mine == RALPH_LOCK_OK ? RALPH_LOCK_INVALID_HANDLE : RALPH_LOCK_OK, other);
        CHECK_STATUS(other == RALPH_LOCK_OK ? RALPH_LOCK_INVALID_HANDLE : RALPH_LOCK_OK, mine);
        CHECK(is_blank(lock_file_of(root)));
    }
    join(thread);
    CHECK(open_descriptors() == descriptors);
    return 0;
}
