/* A process and its descendants are identified whatever bytes its name has: the kernel may cut a long name inside a
 * character. */
#include "holders.h"

static void ask(void *root)
{
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_ANCESTOR, root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, 0, NULL));
}

static void check_name(void *name)
{
    char *root = new_workspace();
    ralph_lock_guard *guard;
    process child;

    CHECK(prctl(PR_SET_NAME, name) == 0);
    guard = acquire(root, "work");
    CHECK(strstr(read_file(lock_file_of(root), NULL), "\"start_time\":null") == NULL);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, root);
    child = start(ask, root);
    finish(&child);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

int main(void)
{
    const char *names[] = {"caf\xc3", "\xff\xfe", "a) S 1 (\x80", ")", "\n) \n", ""};
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        process named = start(check_name, path_of("%s", names[i]));

        finish(&named);
    }
    return 0;
}
