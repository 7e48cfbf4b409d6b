/* A holder refused by its own lock learns that it is the holder itself: with any guard, in any thread, and after
 * exec. */
#include "holders.h"
#include "threads.h"

static void check_self(const char *root)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "again", &guard, &holder, NULL));
    CHECK(ralph_lock_metadata_relation(holder) == RALPH_LOCK_RELATION_SELF);
    CHECK(ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_LIVE);
    ralph_lock_metadata_free(holder);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, root);
}

static void *thread_body(void *root)
{
    check_self(root);
    return NULL;
}

static void *acquiring_body(void *root)
{
    return acquire(root, "taken by a thread");
}

/* Keeps the lock across exec. */
static void become(void *root)
{
    ralph_lock_guard *guard = acquire(root, "before exec");
    int32_t fd;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_into_fd(guard, &fd, NULL));
    execl(own_program(), "become", root, path_of("%d", (int)fd), (char *)NULL);
    CHECK(!"this program starts");
}

static int became(char *root, const char *fd)
{
    ralph_lock_guard *guard;

    check_self(root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_adopt_fd(root, "after exec", NULL, atoi(fd), &guard, NULL));
    check_self(root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}

int main(int argc, char **argv)
{
    char *root;
    ralph_lock_guard *guard;
    pthread_t thread;
    process child;
    void *acquired;

    if (argc == 3)
        return became(argv[1], argv[2]);

    root = new_workspace();
    guard = acquire(root, "taken");
    check_self(root);
    join(start_thread(thread_body, root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    thread = start_thread(acquiring_body, root);
    CHECK(pthread_join(thread, &acquired) == 0);
    check_self(root);
    join(start_thread(thread_body, root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(acquired));

    child = start(become, root);
    finish(&child);
    CHECK(is_blank(lock_file_of(root)));
    return 0;
}
