/* When one thread releases a guard while another calls into_fd, one of them wins: the lock is free, or the descriptor
 * holds it. */
#include "check.h"
#include "handover.h"
#include "threads.h"

int main(void)
{
    static rival other = {MANY(1000), 0, 0, NULL, RALPH_LOCK_OK};
    char *root = new_workspace();
    int descriptors = open_descriptors(), handed = 0, i, spin;
    pthread_t thread = start_thread(release_too, &other);

    for (i = 1; i <= other.rounds; i++) {
        ralph_lock_status mine;
        int32_t fd = 7;

        other.guard = acquire(root, "ended twice");
        __atomic_store_n(&other.begun, i, __ATOMIC_SEQ_CST);
        /* Neither thread always comes first. */
        for (spin = 0; spin < i % 64 * 256; spin++)
            __atomic_load_n(&other.begun, __ATOMIC_SEQ_CST);
        mine = ralph_lock_guard_into_fd(other.guard, &fd, NULL);
        until_round(&other.ended, i);
        check_one_won(mine, &other);
        CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(other.guard));
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
    printf("handed over in %d of %d rounds\n", handed, other.rounds);
    return 0;
}
