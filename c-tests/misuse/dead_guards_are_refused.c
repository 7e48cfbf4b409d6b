/* A released guard, or a value that never was a guard, is RALPH_LOCK_INVALID_HANDLE; live guards are left alone. */
#include "check.h"

#include <stdint.h>

/* Calls every function that takes a guard with one that is not live. */
static void check_dead(ralph_lock_guard *guard)
{
    ralph_lock_error *error = NULL;

    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
    CHECK(ralph_lock_guard_path(guard) == NULL);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_guard_verify(guard, &error));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_error_status(error));
    CHECK_TEXT("guard is not a live handle: it was released already, or never was a guard",
               ralph_lock_error_message(error));
    CHECK(ralph_lock_error_os_code(error) == 0);
    CHECK(ralph_lock_error_path(error) == NULL);
    ralph_lock_error_free(error);
}

int main(void)
{
    char *root = new_workspace();
    char *other = new_workspace();
    ralph_lock_guard *live = acquire(other, "live");
    ralph_lock_guard *old[100];
    ralph_lock_guard *guard;
    void *heap = calloc(1, 4096);
    uintptr_t number;
    size_t i;

    for (number = 1; number < 5000; number++)
        check_dead((ralph_lock_guard *)number);
    for (number = 1; number < 5000; number++)
        check_dead((ralph_lock_guard *)(UINTPTR_MAX - number + 1));
    for (number = 1; number != 0; number <<= 1)
        check_dead((ralph_lock_guard *)number);
    check_dead((ralph_lock_guard *)&live);
    check_dead((ralph_lock_guard *)root);
    check_dead((ralph_lock_guard *)heap);
    check_dead((ralph_lock_guard *)((char *)heap + 1));
    /* Values next to a real one. */
    for (number = 1; number < 5000; number++) {
        check_dead((ralph_lock_guard *)((uintptr_t)live + number));
        check_dead((ralph_lock_guard *)((uintptr_t)live - number));
    }

    guard = acquire(root, "first");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_dead(guard);

    /* No new guard gets an old guard's handle, however many are made. */
    for (i = 0; i < 100; i++) {
        old[i] = acquire(root, "old");
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(old[i]));
    }
    guard = acquire(root, "new");
    for (i = 0; i < 100; i++) {
        check_dead(old[i]);
        check_held(root, "new");
    }
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    check_held(other, "live");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(live));
    free(heap);
    return 0;
}
