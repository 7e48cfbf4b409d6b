/* A guard that is released while another thread is inside a call with it stays valid until that call ends. */
#include "check.h"
#include "leaks.h"
#include "looks.h"
#include "threads.h"

/* The other thread stops in the middle of its call until it is told to continue. */
static bool armed;
static int inside, go_on;

static void until(const int *flag)
{
    while (!__atomic_load_n(flag, __ATOMIC_SEQ_CST))
        sched_yield();
}

static int stop(void)
{
    if (armed) {
        armed = false;
        __atomic_store_n(&inside, 1, __ATOMIC_SEQ_CST);
        until(&go_on);
    }
    return 0;
}

static void *look(void *guard)
{
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK(!armed);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_guard_verify(guard, NULL));
    return NULL;
}

static void release_while_looking(void *root)
{
    ralph_lock_guard *guard = acquire(root, "looked at");
    pthread_t thread;

    inside = go_on = 0;
    armed = true;
    thread = start_thread(look, guard);
    until(&inside);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(try_only(root) == RALPH_LOCK_OK);
    __atomic_store_n(&go_on, 1, __ATOMIC_SEQ_CST);
    join(thread);
}

int main(void)
{
    before_look = stop;
    leaks_nothing("release during verify", 1000, release_while_looking, new_workspace());
    return 0;
}
