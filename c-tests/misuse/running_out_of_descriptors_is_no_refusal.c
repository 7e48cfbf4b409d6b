/* A process that has run out of descriptors gets IO with EMFILE, never ALREADY_LOCKED. */
#include "check.h"
#include "leaks.h"

#include <sys/resource.h>

static void failed(ralph_lock_status status, ralph_lock_error *error)
{
    int code = errno;

    CHECK_STATUS(RALPH_LOCK_IO, status);
    CHECK(code == EMFILE);
    CHECK(ralph_lock_error_os_code(error) == EMFILE);
    ralph_lock_error_free(error);
}

static void call_all(void *root)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    ralph_lock_status status;
    bool locked;

    status = ralph_lock_try_acquire(root, "prompt", &guard, &metadata, &error);
    failed(status, error);
    CHECK(guard == NULL && metadata == NULL);
    status = ralph_lock_acquire_blocking(root, "prompt", &guard, &error);
    failed(status, error);
    CHECK(guard == NULL);
    status = ralph_lock_is_locked(root, &locked, &error);
    failed(status, error);
    CHECK(!locked);
    status = ralph_lock_read_existing(root, &metadata, &error);
    failed(status, error);
    CHECK(metadata == NULL);
}

int main(void)
{
    char *free_one = new_workspace();
    char *held = new_workspace();
    char *missing = new_workspace();
    ralph_lock_guard *guard = acquire(held, "holder");
    struct rlimit limit;
    int last = -1, fd;

    CHECK(try_only(free_one) == RALPH_LOCK_OK);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) != -1)
        last = fd;
    CHECK(errno == EMFILE && last != -1);

    leaks_nothing("free lock", 20000, call_all, free_one);
    leaks_nothing("held lock", 20000, call_all, held);
    {
        ralph_lock_guard *none;
        ralph_lock_error *error;
        ralph_lock_status status = ralph_lock_try_acquire(missing, "prompt", &none, NULL, &error);

        failed(status, error);
    }

    /* What needs no new descriptor still works. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(try_only(held) == RALPH_LOCK_OK);
    close(last);
    CHECK(try_only(free_one) == RALPH_LOCK_OK);
    CHECK(try_only(missing) == RALPH_LOCK_OK);
    return 0;
}
