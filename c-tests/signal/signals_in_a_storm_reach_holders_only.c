/* While holders die and processes that never touch the lock reuse their pids, signal_holder signals none of these, and
 * no holder before it has tried for the lock. */
#include "inspecting.h"

#include <sys/mman.h>

enum { ROUNDS = MANY(200), NUMBERS = 4, FIRST = 100 };

/* In memory that all processes share. */
typedef struct board {
    int stop;
    int calls;
    int reached;
    int missed;
} board;

static board *shared;
static char *root;

/* Whether this process may be signalled. */
static volatile sig_atomic_t has_tried;

static void count(int signal_number)
{
    (void)signal_number;
    __atomic_add_fetch(has_tried ? &shared->reached : &shared->missed, 1, __ATOMIC_SEQ_CST);
}

static void signal_all_the_time(void *unused)
{
    (void)unused;
    end_with_starter();
    while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST)) {
        ralph_lock_status status = ralph_lock_signal_holder(root, SIGUSR1, NULL);

        CHECK(status == RALPH_LOCK_OK || status == RALPH_LOCK_NOT_FOUND || status == RALPH_LOCK_PARSE
              || status == RALPH_LOCK_NOT_LIVE);
        __atomic_add_fetch(&shared->calls, 1, __ATOMIC_SEQ_CST);
    }
}

/* Takes the lock until it is signalled, or for a moment, and then dies with it or releases it. */
static void hold_for_a_moment(void *argument)
{
    int kind = *(int *)argument, before = __atomic_load_n(&shared->reached, __ATOMIC_SEQ_CST);
    ralph_lock_guard *guard;

    has_tried = 1;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(root, "moment", &guard, NULL));
    if (kind % 3 == 0)
        while (__atomic_load_n(&shared->reached, __ATOMIC_SEQ_CST) == before)
            sched_yield();
    if (kind % 2 == 0)
        _exit(0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    _exit(0);
}

static void idle_body(void *unused)
{
    (void)unused;
    hear(&starter);
}

/* Returns when signal_holder has been called again. */
static void until_called(void)
{
    int before = __atomic_load_n(&shared->calls, __ATOMIC_SEQ_CST);

    while (__atomic_load_n(&shared->calls, __ATOMIC_SEQ_CST) < before + 2)
        sched_yield();
}

/* Gives a pid to a process that never uses the lock. */
static process start_innocent(pid_t number)
{
    process innocent;

    until_next_tick();
    CHECK(choose_next_pid(number));
    innocent = start(idle_body, NULL);
    CHECK(innocent.pid == number);
    return innocent;
}

static void storm(void *unused)
{
    process signaller, holder, innocents[NUMBERS];
    pid_t number = FIRST;
    kept lock;
    int round, i;

    (void)unused;
    signaller = start(signal_all_the_time, NULL);
    for (round = 0; round < ROUNDS; round++) {
        if (!choose_next_pid(number))
            exit(77);
        if (round % 5 == 0) {
            /* For the holder that it forks. */
            has_tried = 1;
            lock = keep(root, "kept");
            has_tried = 0;
            CHECK(lock.dead == number);
            innocents[round % NUMBERS] = start_innocent(number);
            until_called();
            end_keeper(&lock);
        } else {
            holder = start(hold_for_a_moment, &round);
            CHECK(holder.pid == number);
            finish(&holder);
            /* It lives on while other processes hold the lock. */
            innocents[round % NUMBERS] = start_innocent(number);
        }
        number++;
        if (round % NUMBERS == NUMBERS - 1) {
            for (i = 0; i < NUMBERS; i++)
                dismiss(&innocents[i]);
            number = FIRST;
        }
        CHECK(waitpid(signaller.pid, NULL, WNOHANG) == 0);
    }
    __atomic_store_n(&shared->stop, 1, __ATOMIC_SEQ_CST);
    finish(&signaller);
    CHECK(shared->reached >= ROUNDS / 4);
    CHECK(shared->missed == 0);
}

int main(void)
{
    struct sigaction action;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    memset(&action, 0, sizeof action);
    action.sa_handler = count;
    action.sa_flags = SA_RESTART;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    root = new_workspace();
    if (!run_in_pid_namespace(storm, NULL))
        skip("this user cannot make pid namespaces with numbers of their own choice");
    return 0;
}
