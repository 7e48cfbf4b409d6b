/* The probe leaves no descriptor, memory or file behind, however often it runs. */
#include "leaks.h"
#include "probing.h"

#define ROUNDS 5000

static void succeeds(void *root)
{
    ralph_lock_filesystem verdict;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_probe_filesystem(root, &verdict, NULL));
    CHECK(verdict != RALPH_LOCK_FILESYSTEM_NO_LOCKS);
}

static void finds_no_locks(void *root)
{
    ralph_lock_filesystem verdict;

    locks_lie = true;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_probe_filesystem(root, &verdict, NULL));
    CHECK(verdict == RALPH_LOCK_FILESYSTEM_NO_LOCKS);
    locks_lie = false;
}

static void fails(void *root)
{
    ralph_lock_filesystem verdict;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_probe_filesystem(root, &verdict, &error));
    ralph_lock_error_free(error);
}

int main(void)
{
    char *root = new_workspace();

    leaks_nothing("a verdict", ROUNDS, succeeds, root);
    leaks_nothing("no locks", ROUNDS, finds_no_locks, root);
    every_file_has_a_name = true;
    leaks_nothing("a verdict by a file with a name", ROUNDS, succeeds, root);
    /* The probe looks a FUSE file system up in the list of mounts. */
    kind = 0x65735546;
    leaks_nothing("a name from the list of mounts", ROUNDS / 10, succeeds, root);
    leaks_nothing("a missing root", ROUNDS, fails, path_of("%s/missing", root));
    CHECK(files_in(root) == 0);
    return 0;
}
