/* When two threads release one guard at the same time, one gets OK and the other INVALID_HANDLE. */
#include "check.h"
#include "threads.h"

int main(void)
{
    static rival other = {MANY(2000), 0, 0, NULL, RALPH_LOCK_OK};
    char *root = new_workspace();
    int descriptors = open_descriptors();
    pthread_t thread = start_thread(release_too, &other);
    int i;

    for (i = 1; i <= other.rounds; i++) {
        ralph_lock_status mine;

        other.guard = acquire(root, "released twice");
        __atomic_store_n(&other.begun, i, __ATOMIC_SEQ_CST);
        mine = ralph_lock_release(other.guard);
        until_round(&other.ended, i);
        check_one_won(mine, &other);
        CHECK(is_blank(lock_file_of(root)));
    }
    join(thread);
    CHECK(open_descriptors() == descriptors);
    return 0;
}
