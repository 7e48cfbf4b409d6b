/* Wherever find_keepers runs out of descriptors, it fails with EMFILE. */
#include "check.h"
#include "opens.h"

int main(void)
{
    char *root = new_workspace();
    int descriptors = open_descriptors(), opens;
    process holder = hold(root, "holder");
    ralph_lock_error *error;
    uint32_t pid;
    size_t count;

    /* At the lock file, the root, the kernel's names for both, the list of processes, and the first one's threads and
     * descriptors. */
    for (opens = 0; opens < 10; opens++) {
        opens_left = opens;
        errno = 0;
        CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_find_keepers(root, &pid, 1, &count, &error));
        opens_left = -1;
        CHECK(errno == EMFILE && ralph_lock_error_os_code(error) == EMFILE);
        if (strcmp(ralph_lock_error_path(error), root) != 0)
            CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
        CHECK(count == 0);
        ralph_lock_error_free(error);
    }
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, &pid, 1, &count, NULL));
    CHECK(count == 1 && pid == (uint32_t)holder.pid);
    CHECK(open_descriptors() == descriptors + 2);
    kill_hard(&holder);
    return 0;
}
