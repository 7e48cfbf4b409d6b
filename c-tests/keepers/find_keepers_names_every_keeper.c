/* find_keepers reports every process that has the lock, and none that only has the file open or another lock. */
#include "inspecting.h"

#define FULL(type) ((type *)8)

static size_t keepers(const char *root, uint32_t *pids, size_t capacity)
{
    size_t count = 99;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_find_keepers(root, pids, capacity, &count, &error);

    if (status != RALPH_LOCK_OK)
        fail(__FILE__, __LINE__, "cannot find: %s", ralph_lock_error_message(error));
    return count;
}

static void check_only(const char *root, uint32_t pid)
{
    uint32_t found = 0;

    CHECK(keepers(root, &found, 1) == 1);
    CHECK(found == pid);
}

static bool is_among(uint32_t pid, const uint32_t *pids, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

static void wait_to_end(void *unused)
{
    (void)unused;
    hear(&starter);
}

static void several(const char *root)
{
    ralph_lock_guard *guard = acquire(root, "with children");
    process children[3];
    uint32_t pids[5] = {7, 7, 7, 7, 7};
    size_t i;

    for (i = 0; i < 3; i++)
        children[i] = start(wait_to_end, NULL);
    CHECK(keepers(root, pids, 5) == 4);
    CHECK(is_among((uint32_t)getpid(), pids, 4));
    for (i = 0; i < 3; i++)
        CHECK(is_among((uint32_t)children[i].pid, pids, 4));
    CHECK(pids[4] == 7);
    /* It stores as many as fit, and counts all. */
    pids[2] = 7;
    CHECK(keepers(root, pids, 2) == 4);
    CHECK(pids[2] == 7);
    CHECK(pids[0] != pids[1] && pids[0] != 7 && pids[1] != 7);
    CHECK(keepers(root, NULL, 0) == 4);
    /* A release ends the lock for every keeper. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(keepers(root, NULL, 0) == 0);
    for (i = 0; i < 3; i++)
        dismiss(&children[i]);
}

static void refused(const char *name, const char *root, uint32_t *pids, size_t capacity, bool with_count)
{
    size_t count = 9;
    ralph_lock_error *error = FULL(ralph_lock_error);

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_find_keepers(root, pids, capacity, with_count ? &count : NULL, &error));
    CHECK(count == (with_count ? 0 : 9));
    CHECK_TEXT(path_of("%s is NULL", name), ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_find_keepers(root, pids, capacity, with_count ? &count : NULL, NULL));
}

int main(void)
{
    char *root = new_workspace(), *another = new_workspace();
    int descriptors = open_descriptors();
    process holder, other;
    uint32_t pid;
    int fd;

    CHECK(keepers(root, &pid, 1) == 0);
    CHECK(access(path_of("%s/.ralph", root), F_OK) == -1);
    CHECK(try_only(root) == RALPH_LOCK_OK);
    CHECK(keepers(root, &pid, 1) == 0);

    other = hold(another, "another");
    CHECK(keepers(root, &pid, 1) == 0);
    holder = hold(root, "holder");
    check_only(root, (uint32_t)holder.pid);
    check_only(another, (uint32_t)other.pid);
    /* This process has the file open, and no lock. */
    fd = open(lock_file_of(root), O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    check_only(root, (uint32_t)holder.pid);
    kill_hard(&holder);
    CHECK(keepers(root, &pid, 1) == 0);
    CHECK(flock(fd, LOCK_SH) == 0);
    CHECK(keepers(root, &pid, 1) == 0);
    CHECK(close(fd) == 0);
    dismiss(&other);

    /* The keeper is found whether or not it is on record. */
    holder = hold_plainly(root, LOCK_EX);
    check_only(root, (uint32_t)holder.pid);
    dismiss(&holder);
    several(root);

    refused("workspace_root", NULL, &pid, 1, true);
    refused("count", root, &pid, 1, false);
    refused("pids", root, NULL, 1, true);
    CHECK(open_descriptors() == descriptors);
    return 0;
}
