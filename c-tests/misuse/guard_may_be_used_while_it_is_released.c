/* A thread may use a guard while another one releases it: it gets the answer from before or from after. */
#include "check.h"
#include "threads.h"

enum { LOOKS = MANY(5000) };

static char *root;
static ralph_lock_guard *current;
static int looks;

static void *keep_looking(void *unused)
{
    (void)unused;
    while (__atomic_fetch_add(&looks, 1, __ATOMIC_RELAXED) < LOOKS) {
        ralph_lock_guard *guard = __atomic_load_n(&current, __ATOMIC_SEQ_CST);
        ralph_lock_metadata *metadata;
        ralph_lock_error *error;
        ralph_lock_status status = ralph_lock_guard_verify(guard, &error);

        CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_INVALID_HANDLE);
        CHECK(ralph_lock_error_status(error) == status);
        ralph_lock_error_free(error);
        /* The string is valid only until the release, so only the pointer is compared. */
        if (ralph_lock_guard_path(guard) == NULL)
            CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_guard_verify(guard, NULL));
        status = ralph_lock_read_existing(root, &metadata, NULL);
        CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_NOT_FOUND);
        ralph_lock_metadata_free(metadata);
        is_locked(root);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    root = new_workspace();
    current = acquire(root, "looked at");
    thread = start_thread(keep_looking, NULL);
    while (__atomic_load_n(&looks, __ATOMIC_RELAXED) < LOOKS) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(current));
        __atomic_store_n(&current, acquire(root, "looked at"), __ATOMIC_SEQ_CST);
    }
    join(thread);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(current));
    return 0;
}
