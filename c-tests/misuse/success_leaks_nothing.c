/* A hundred thousand acquires, questions and releases leak no descriptor and no memory. */
#include "check.h"
#include "leaks.h"

enum { ROUNDS = 100000 };

static void try_and_release(void *root)
{
    ralph_lock_guard *guard = acquire(root, "again");

    CHECK(ralph_lock_guard_path(guard) != NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void wait_and_release(void *root)
{
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "again", &guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void look(void *guard)
{
    char *root = path_of("%s", ralph_lock_guard_path(guard));
    ralph_lock_metadata *holder;

    *strstr(root, "/" RALPH_LOCK_FILE) = '\0';
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &holder, NULL));
    CHECK_TEXT("held", ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
    CHECK(is_locked(root));
    free(root);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard;

    leaks_nothing("try_acquire and release", ROUNDS, try_and_release, root);
    leaks_nothing("acquire_blocking and release", ROUNDS, wait_and_release, root);
    guard = acquire(root, "held");
    leaks_nothing("verify, read_existing and is_locked", ROUNDS, look, guard);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
