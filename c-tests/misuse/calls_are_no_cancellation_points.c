/* A pthread_cancel before or during a call does not affect the call; it takes effect at the thread's next cancellation
 * point after it. */
#include "threads.h"

static char *root;
static ralph_lock_options *timed;

typedef struct caller {
    ralph_lock_status (*call)(struct caller *);
    ralph_lock_guard *guard;
    ralph_lock_status status;
    bool cancels_itself;
    pid_t thread;
    bool is_back;
} caller;

static ralph_lock_status try_now(caller *self)
{
    return ralph_lock_try_acquire(root, "cancelled", &self->guard, NULL, NULL);
}

static ralph_lock_status wait_timed(caller *self)
{
    return ralph_lock_acquire_with(root, "cancelled", timed, &self->guard, NULL, NULL);
}

static ralph_lock_status wait_in_queue(caller *self)
{
    return ralph_lock_acquire_blocking(root, "cancelled", &self->guard, NULL);
}

static ralph_lock_status release(caller *self)
{
    return ralph_lock_release(self->guard);
}

static ralph_lock_status inspect(caller *self)
{
    ralph_lock_state state;
    bool locked;
    size_t count;

    (void)self;
    if (HAS_KEEPERS)
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, NULL, 0, &count, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_is_locked(root, &locked, NULL));
    return ralph_lock_inspect(root, &state, NULL, NULL);
}

static void *run(void *argument)
{
    caller *self = argument;

    if (self->cancels_itself)
        CHECK(pthread_cancel(pthread_self()) == 0);
    __atomic_store_n(&self->thread, gettid(), __ATOMIC_SEQ_CST);
    self->status = self->call(self);
    self->is_back = true;
    pthread_testcancel();
    return NULL;
}

static void check_cancelled(pthread_t thread, const caller *caller, ralph_lock_status expected)
{
    void *result;

    CHECK(pthread_join(thread, &result) == 0);
    CHECK(caller->is_back && result == PTHREAD_CANCELED);
    CHECK_STATUS(expected, caller->status);
}

/* The cancellation is pending when the call begins. */
static ralph_lock_guard *pending(ralph_lock_status (*call)(caller *), ralph_lock_guard *guard,
                                 ralph_lock_status expected)
{
    caller self = {.call = call, .guard = guard, .cancels_itself = true};

    check_cancelled(start_thread(run, &self), &self, expected);
    return self.guard;
}

/* The thread is cancelled while it sleeps in the call, which gets the lock afterwards. */
static void during(ralph_lock_status (*call)(caller *))
{
    caller self = {.call = call};
    ralph_lock_guard *guard = acquire(root, "the holder");
    pthread_t thread = start_thread(run, &self);
    char state = 'R';
    pid_t id;

    while ((id = __atomic_load_n(&self.thread, __ATOMIC_SEQ_CST)) == 0)
        sched_yield();
    while (state != 'S') {
        char *path = path_of("/proc/self/task/%d/stat", (int)id), text[512];
        FILE *file = fopen(path, "r");

        CHECK(file != NULL && fgets(text, sizeof text, file) != NULL && fclose(file) == 0);
        state = strrchr(text, ')')[2];
        free(path);
    }
    CHECK(pthread_cancel(thread) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_cancelled(thread, &self, RALPH_LOCK_OK);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(self.guard));
    CHECK(!is_locked(root));
}

int main(void)
{
    ralph_lock_guard *guard;

    root = new_workspace();
    timed = timeout_of(50);
    guard = pending(try_now, NULL, RALPH_LOCK_OK);
    CHECK(is_locked(root));
    pending(inspect, NULL, RALPH_LOCK_OK);
    pending(wait_timed, NULL, RALPH_LOCK_TIMED_OUT);
    pending(release, guard, RALPH_LOCK_OK);
    CHECK(!is_locked(root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_timeout_ms(timed, UINT64_MAX));
    during(wait_timed);
    during(wait_in_queue);
    ralph_lock_options_free(timed);
    return 0;
}
