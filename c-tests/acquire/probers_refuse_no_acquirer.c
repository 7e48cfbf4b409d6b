/* A process that calls is_locked never causes the refusal of a free lock. */
#include "check.h"

#include <sys/mman.h>
#include <time.h>

enum { PROBERS = 8 };

static char *root;

/* In memory that all processes share. */
typedef struct board {
    int probes[PROBERS];
    bool stop;
} board;

static board *shared;

typedef struct prober {
    int *probes;
    const struct timespec *pause;
} prober;

static void keep_asking(void *argument)
{
    const prober *me = argument;

    while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
        is_locked(root);
        __atomic_fetch_add(me->probes, 1, __ATOMIC_RELAXED);
        if (me->pause != NULL)
            clock_nanosleep(CLOCK_MONOTONIC, 0, me->pause, NULL);
    }
}

/* Whether a prober has asked fewer times than that. */
static bool ask_less_than(int often, int count)
{
    int i;

    for (i = 0; i < count; i++)
        if (__atomic_load_n(&shared->probes[i], __ATOMIC_RELAXED) < often)
            return true;
    return false;
}

static void acquire_among_probers(int count, const struct timespec *pause, const char *leftover, int probes,
                                  int acquisitions)
{
    process probers[PROBERS];
    int i;

    memset(shared, 0, sizeof *shared);
    for (i = 0; i < count; i++) {
        prober one = {&shared->probes[i], pause};

        probers[i] = start(keep_asking, &one);
    }
    for (i = 0; i < acquisitions || ask_less_than(probes, count); i++) {
        if (leftover != NULL)
            write_file(lock_file_of(root), leftover, strlen(leftover));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(acquire(root, "among probers")));
    }
    __atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
    for (i = 0; i < count; i++)
        finish(&probers[i]);
}

int main(void)
{
    struct timespec one_millisecond = {0, 1000000};

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    root = new_workspace();
    acquire_among_probers(PROBERS, &one_millisecond, NULL, MANY(500), MANY(20000));
    acquire_among_probers(2, NULL, NULL, MANY(2000), MANY(2000));
    /* A dead holder's record does not name the present holder. */
    acquire_among_probers(2, NULL, "{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"dead\"}", MANY(2000),
                          MANY(2000));
    return 0;
}
