/* For a process that the holder started, directly or through other processes, as any program, the holder is an
 * ANCESTOR. */
#include "holders.h"
#include "threads.h"

enum { GENERATIONS = 3 };

typedef struct family {
    const char *root;
    int left;
} family;

static void check_ancestor(const char *root)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "within", &guard, &holder, NULL));
    CHECK(ralph_lock_metadata_relation(holder) == RALPH_LOCK_RELATION_ANCESTOR);
    CHECK(ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_LIVE);
    ralph_lock_metadata_free(holder);
}

/* Child, grandchild and great-grandchild. */
static void forked(void *argument)
{
    const family *own = argument;
    family next = {own->root, own->left - 1};
    process child;

    check_ancestor(own->root);
    if (next.left == 0)
        return;
    child = start(forked, &next);
    finish(&child);
}

/* The same, each as a program of its own. */
static void started(void *argument)
{
    const family *own = argument;

    execl(own_program(), "started", own->root, path_of("%d", own->left), (char *)NULL);
    CHECK(!"this program starts");
}

static void *forking_body(void *what)
{
    process child = start(forked, what);

    finish(&child);
    return NULL;
}

int main(int argc, char **argv)
{
    family family = {NULL, GENERATIONS};
    ralph_lock_guard *guard = NULL;
    process child;

    /* proc(5) shows this name unescaped in the middle of the line. */
    CHECK(prctl(PR_SET_NAME, "a) S 1 (b") == 0);
    if (argc == 3) {
        family.root = argv[1];
        family.left = atoi(argv[2]) - 1;
        check_ancestor(family.root);
    } else {
        family.root = new_workspace();
        guard = acquire(family.root, "a family's first");
        child = start(forked, &family);
        finish(&child);
        join(start_thread(forking_body, &family));
    }
    if (family.left > 0) {
        child = start(started, &family);
        finish(&child);
    }
    return ralph_lock_release(guard) == RALPH_LOCK_OK ? 0 : 1;
}
