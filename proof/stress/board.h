/* What all processes of a storm share: which process has which number, which was killed, and the counters. */
#ifndef BOARD_H
#define BOARD_H

#include "inspecting.h"

#include <sys/mman.h>

enum { SERIALS = 1 << 18, LIVES = 1 << 15, SLOTS = 16, PATIENCE_S = 600 };

/* A process that takes locks. Moments are numbered across all processes; 0 is not yet. */
typedef struct life {
    pid_t pid;
    /* Whether its record ends with its lock: it blanks the record, or other processes can tell that it has ended. */
    bool ends_its_records;
    /* When it was about to be killed, when about to exit, and when its lock was certainly free. */
    int doomed, ending, gone;
} life;

/* An attempt to take the lock. Its number is part of its prompt. */
typedef struct attempt {
    int life;
    /* When its lock was certainly released. */
    int let_go;
    /* The start in its record, once a process has read it. */
    int64_t started;
} attempt;

typedef enum counter {
    ACQUIRED, REFUSED, TIMED_OUT, RECORDS, LARGE, PROBES, FREE, HELD, STALE, PREVIOUS, KILLS, KEPT, REMOVALS, LOST,
    RESTORED, HANDED, BY_CORE, READ_BY_CORE, MOVED, CLOSED, CANCELLED, CONTAINED, COUNTERS
} counter;

typedef struct board {
    char root[4096], token[4096];
    uint64_t seed;
    /* How many of ten thousand prompts are long. */
    int long_ones;
    int moment, serials, lives, stop;
    /* Lock files are removed, with their records. */
    bool loses_files;
    /* How often the root was moved; odd while it is away. */
    int moves;
    /* The first detector: the number of the attempt that has the lock. */
    int owner;
    /* The last process that was killed. */
    int last_doomed;
    life life[LIVES];
    attempt attempt[SERIALS];
    /* What each worker does, for the message of a storm that stands still. */
    struct {
        pid_t pid;
        int serial, done;
        const char *doing;
    } slot[SLOTS];
    int count[COUNTERS];
} board;

static board *shared;

/* The name of the storm, for messages. */
static const char *scene;

UNUSED static int load(const int *place)
{
    return __atomic_load_n(place, __ATOMIC_SEQ_CST);
}

UNUSED static void store(int *place, int value)
{
    __atomic_store_n(place, value, __ATOMIC_SEQ_CST);
}

UNUSED static int next(int *place)
{
    return __atomic_add_fetch(place, 1, __ATOMIC_SEQ_CST);
}

UNUSED static bool swap(int *place, int from, int to)
{
    return __atomic_compare_exchange_n(place, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

UNUSED static int now(void)
{
    return next(&shared->moment);
}

UNUSED static void count(counter what)
{
    next(&shared->count[what]);
}

UNUSED static int begin_life(pid_t pid, bool ends_its_records)
{
    int number = next(&shared->lives);

    CHECK(number < LIVES);
    shared->life[number].ends_its_records = ends_its_records;
    __atomic_store_n(&shared->life[number].pid, pid, __ATOMIC_SEQ_CST);
    return number;
}

UNUSED static int begin_attempt(int of)
{
    int number = next(&shared->serials);

    CHECK(number < SERIALS);
    store(&shared->attempt[number].life, of);
    return number;
}

UNUSED static bool is_doomed(int serial)
{
    return load(&shared->life[shared->attempt[serial].life].doomed) != 0;
}

UNUSED static bool is_ending(int serial)
{
    return is_doomed(serial) || load(&shared->life[shared->attempt[serial].life].ending) != 0;
}

UNUSED static bool leaves_records(int serial)
{
    return is_doomed(serial) || !shared->life[shared->attempt[serial].life].ends_its_records;
}

/* When that attempt's lock was certainly released, or 0. */
UNUSED static int let_go(int serial)
{
    int end = load(&shared->attempt[serial].let_go);

    return end != 0 ? end : load(&shared->life[shared->attempt[serial].life].gone);
}

/* Whether the root has been at its path since that number of moves was read. */
UNUSED static bool root_has_stayed(int moves)
{
    return moves % 2 == 0 && load(&shared->moves) == moves;
}

/* Random numbers that the seed determines. */
UNUSED static uint64_t chance(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

UNUSED static int below(uint64_t *state, int limit)
{
    return (int)(chance(state) % (uint64_t)limit);
}

/* Prints the state of the storm with every failure. */
static void tell_where(int status, void *unused)
{
    int i;

    (void)unused;
    if (status == 0)
        return;
    fprintf(stderr,
            "in the storm of %s, process %d, SEED=%llu; the lock's owner is number %d of process %d; workers:\n", scene,
            (int)getpid(), (unsigned long long)shared->seed, load(&shared->owner),
            (int)shared->life[shared->attempt[load(&shared->owner)].life].pid);
    for (i = 0; i < SLOTS && shared->slot[i].pid != 0; i++)
        fprintf(stderr, "    process %d: %d done, number %d: %s\n", (int)shared->slot[i].pid, shared->slot[i].done,
                shared->slot[i].serial, shared->slot[i].doing);
}

static void tell_of_a_hang(int unused)
{
    (void)unused;
    fprintf(stderr, "it stands still:\n");
    tell_where(1, NULL);
    _exit(1);
}

/* Begins a storm. One that stands still ends itself and all its processes. */
UNUSED static void begin_storm(const char *name, char *root)
{
    const char *seed = getenv("SEED");

    CHECK(seed != NULL);
    scene = name;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    CHECK((size_t)snprintf(shared->root, sizeof shared->root, "%s", root) < sizeof shared->root);
    snprintf(shared->token, sizeof shared->token, "%.4000s/token", root);
    shared->long_ones = 10;
    shared->seed = strtoull(seed, NULL, 10);
    CHECK(on_exit(tell_where, NULL) == 0);
    CHECK(signal(SIGALRM, tell_of_a_hang) != SIG_ERR);
    alarm(PATIENCE_S);
}

/* Waits for processes that must end well, and ends the storm with the first that does not. */
UNUSED static void finish_all(const process *children, int many)
{
    int left = many, status, i;

    while (left > 0) {
        pid_t pid = waitpid(-1, &status, 0);

        CHECK(pid > 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail(__FILE__, __LINE__, "process %d has ended with status %x", (int)pid, (unsigned)status);
        for (i = 0; i < many; i++)
            left -= children[i].pid == pid;
    }
}

/* Ends the storm if one of these has ended: it has failed. */
UNUSED static void check_all_run(const process *children, int many)
{
    int i;

    for (i = 0; i < many; i++)
        CHECK(waitpid(children[i].pid, NULL, WNOHANG) == 0);
}

/* Prints a figure for `run`. */
UNUSED static void report(const char *name, counter what)
{
    printf("%s %d\n", name, load(&shared->count[what]));
}

#endif
