/* A child forked while other threads are inside the library can call every function. */
#include "check.h"
#include "threads.h"

enum { THREADS = 4, CHILDREN = MANY(200), AT_A_TIME = 10, WORKSPACES = 3 };

static char *shared[WORKSPACES];
static bool stop;

/* Every function once, on a workspace that other threads use. */
static void call_everything(const char *root)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata, *holder;
    ralph_lock_error *error;
    ralph_lock_options *options;
    ralph_lock_filesystem verdict;
    ralph_lock_status status;

    status = ralph_lock_try_acquire(root, "busy", &guard, &holder, &error);
    CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_ALREADY_LOCKED);
    CHECK(ralph_lock_error_status(error) == status);
    CHECK(ralph_lock_error_message(error) != NULL);
    CHECK((ralph_lock_error_path(error) != NULL) == (error != NULL));
    CHECK(ralph_lock_error_os_code(error) == 0);
    CHECK((ralph_lock_metadata_prompt(holder) != NULL) == (holder != NULL));
    CHECK((ralph_lock_metadata_started_rfc3339(holder) != NULL) == (holder != NULL));
    CHECK((ralph_lock_metadata_started_unix_ns(holder) != 0) == (holder != NULL));
    CHECK((ralph_lock_metadata_pid(holder) != 0) == (holder != NULL));
    CHECK((ralph_lock_guard_path(guard) != NULL) == (guard != NULL));
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    if (guard != NULL) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
        CHECK(is_locked(root));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_verify(NULL, &error));
    ralph_lock_error_free(error);
    options = timeout_of(1);
    status = wait_only(root, options);
    CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_TIMED_OUT);
    ralph_lock_options_free(options);
    status = ralph_lock_read_existing(root, &metadata, &error);
    CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_NOT_FOUND);
    ralph_lock_metadata_free(metadata);
    ralph_lock_error_free(error);
    is_locked(root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_probe_filesystem(root, &verdict, NULL));
    CHECK(ralph_lock_status_name(0) != NULL && ralph_lock_status_message(0) != NULL);
    CHECK(ralph_lock_version() != NULL);
}

static void *keep_calling(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        int i;

        for (i = 0; i < WORKSPACES; i++)
            call_everything(shared[i]);
    }
    return NULL;
}

static void live_a_child_life(void *own)
{
    ralph_lock_guard *guard;
    int i;

    /* Ends a child that hangs; any other is done long before. */
    alarm(60);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(own, "child", &guard, NULL));
    CHECK(try_only(own) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
    CHECK(try_only(own) == RALPH_LOCK_OK);
    for (i = 0; i < WORKSPACES; i++)
        call_everything(shared[i]);
    _exit(0);
}

int main(void)
{
    char *own[AT_A_TIME];
    pthread_t threads[THREADS];
    int i;

    for (i = 0; i < AT_A_TIME; i++)
        own[i] = new_workspace();
    for (i = 0; i < WORKSPACES; i++)
        shared[i] = new_workspace();
    for (i = 0; i < THREADS; i++)
        threads[i] = start_thread(keep_calling, NULL);
    for (i = 0; i < CHILDREN; i += AT_A_TIME) {
        process children[AT_A_TIME];
        int j;

        for (j = 0; j < AT_A_TIME; j++)
            children[j] = start(live_a_child_life, own[j]);
        for (j = 0; j < AT_A_TIME; j++)
            finish(&children[j]);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (i = 0; i < THREADS; i++)
        join(threads[i]);
    return 0;
}
