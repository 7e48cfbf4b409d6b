/* Of many processes that contend for a lock, one holds it at a time, and a refusal names one of them. */
#include "check.h"
#include "threads.h"

#include <sys/mman.h>

enum { PROCESSES = 4, ROUNDS = MANY(500) };

/* In memory that all processes share. */
typedef struct board {
    occupancy place;
    uint32_t pids[PROCESSES];
    int done;
    char root[4096];
} board;

static board *shared;

static void wait_and_occupy(void *unused)
{
    int i;

    (void)unused;
    hear(&starter);
    for (i = 0; i < ROUNDS; i++) {
        ralph_lock_guard *guard;

        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_blocking(shared->root, "waits", &guard, NULL));
        occupy(&shared->place);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
    __atomic_fetch_add(&shared->done, 1, __ATOMIC_SEQ_CST);
}

static bool is_one_of_us(uint32_t pid)
{
    int i;

    for (i = 0; i < PROCESSES; i++)
        if (shared->pids[i] == pid)
            return true;
    return false;
}

/* Tries until the other processes are done. */
static void try_and_occupy(void *unused)
{
    long taken = 0, named = 0;

    (void)unused;
    hear(&starter);
    while (__atomic_load_n(&shared->done, __ATOMIC_SEQ_CST) < PROCESSES) {
        ralph_lock_guard *guard;
        ralph_lock_metadata *holder;
        ralph_lock_status status = ralph_lock_try_acquire(shared->root, "tries", &guard, &holder, NULL);

        if (status == RALPH_LOCK_OK) {
            occupy(&shared->place);
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
            taken++;
            continue;
        }
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, status);
        if (holder != NULL) {
            CHECK(is_one_of_us(ralph_lock_metadata_pid(holder)));
            CHECK_TEXT("waits", ralph_lock_metadata_prompt(holder));
            named++;
        }
        ralph_lock_metadata_free(holder);
    }
    CHECK(named > 0);
    CHECK(write(starter.to, &taken, sizeof taken) == sizeof taken);
}

int main(void)
{
    process processes[PROCESSES], tryer;
    long taken;
    int i;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    strcpy(shared->root, new_workspace());
    for (i = 0; i < PROCESSES; i++) {
        processes[i] = start(wait_and_occupy, NULL);
        shared->pids[i] = (uint32_t)processes[i].pid;
    }
    tryer = start(try_and_occupy, NULL);
    say(&tryer, 'g');
    for (i = 0; i < PROCESSES; i++)
        say(&processes[i], 'g');
    for (i = 0; i < PROCESSES; i++)
        finish(&processes[i]);
    CHECK(read(tryer.from, &taken, sizeof taken) == sizeof taken);
    finish(&tryer);
    CHECK(shared->place.count == PROCESSES * ROUNDS + taken);
    return 0;
}
