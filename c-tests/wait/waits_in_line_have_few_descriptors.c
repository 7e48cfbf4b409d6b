/* A wait in an event loop has two descriptors, or one without a deadline, and a thread that waits has one. The first wait
 * in line, and the waits together, need less than one more for every ten waits. */
#include "check.h"
#include "threads.h"

#define WAITS 400
#define THREADS 100

static char *root;

static void check_waiters(const ralph_lock_options *options, int each)
{
    static ralph_lock_waiter *waiters[WAITS];
    int before = open_descriptors(), waits = room_for(WAITS, 3), more, i;

    for (i = 0; i < waits; i++) {
        ralph_lock_guard *guard;

        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "waits", options, &waiters[i], NULL));
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiters[i], &guard, NULL, NULL));
    }
    more = open_descriptors() - before;
    if (more > waits * each + waits / 10)
        fail(__FILE__, __LINE__, "%d waits have %d descriptors", waits, more);
    for (i = 0; i < waits; i++)
        ralph_lock_waiter_free(waiters[i]);
}

static pid_t ids[THREADS];

static void *sleep_in_line(void *argument)
{
    ralph_lock_options *options = timeout_of(1000000);

    __atomic_store_n((pid_t *)argument, (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    ralph_lock_options_free(options);
    return NULL;
}

int main(void)
{
    ralph_lock_options *deadline = timeout_of(1000000);
    pthread_t threads[THREADS];
    process holder;
    int i, before, more;

    root = new_workspace();
    holder = hold(root, "holds");
    check_waiters(NULL, 1);
    check_waiters(deadline, 2);
    before = open_descriptors();
    for (i = 0; i < THREADS; i++)
        threads[i] = start_thread(sleep_in_line, &ids[i]);
    for (i = 0; i < THREADS; i++) {
        while (__atomic_load_n(&ids[i], __ATOMIC_SEQ_CST) == 0)
            sched_yield();
        until_asleep(ids[i]);
    }
    more = open_descriptors() - before;
    if (more > THREADS + THREADS / 10)
        fail(__FILE__, __LINE__, "%d threads have %d descriptors", THREADS, more);
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    for (i = 0; i < THREADS; i++)
        join(threads[i]);
    say(&holder, 'x');
    finish(&holder);
    ralph_lock_options_free(deadline);
    return 0;
}
