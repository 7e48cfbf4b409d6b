/* A process without a free descriptor cannot identify itself in its record; later records, written with one, do. */
#include "check.h"

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    struct rlimit limit;
    rlim_t old;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    old = limit.rlim_cur;
    limit.rlim_cur = 0;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_try_acquire(root, "first", &guard, NULL, NULL));
    CHECK(errno == EMFILE);
    limit.rlim_cur = old;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);

    guard = acquire(root, "second");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &metadata, NULL));
    CHECK(ralph_lock_metadata_host(metadata) != NULL);
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_LIVE);
    CHECK(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_SELF);
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
