/* What every measured program in C and C++ is: it reads lines "OPERATION COUNT", carries the operation out so
 * many times in one go, and answers with a line that says how many nanoseconds that took. */
#ifndef WORKER_H
#define WORKER_H

/* For a thread's core. A C++ compiler has defined it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct operation {
    const char *name;
    /* Either what is repeated, */
    void (*once)(void);
    /* or what sees to the count and to the clock itself, and answers with a number. */
    int64_t (*all)(int count);
} operation;

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static inline int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Has the kernel write a file to its disk, as it does by itself some seconds after a change. */
static inline void reach_disk(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1 || fsync(fd) == -1)
        fail(path);
    close(fd);
}

/* The time of releases alone, each after its lock file has reached the disk. */
static inline int64_t releases_after_disk(int count, const char *path, void (*acquire)(void), void (*release)(void))
{
    int64_t begin, time = 0;

    while (count-- > 0) {
        acquire();
        reach_disk(path);
        begin = now();
        release();
        time += now() - begin;
    }
    return time;
}

/* Each of so many threads uses its share of ROOT/others, in which no two meet; often enough that what it takes
 * the kernel to begin threads counts for little. Each is told its core: what is measured is not how soon the kernel
 * spreads them. */
enum { OTHERS = 1000, THREADS_MAX = 64, TIMES = 20 };

typedef struct share {
    const char *root;
    void (*use)(const char *workspace);
    int first, step;
} share;

/* The cores that this process may use; of these the one with that number, counted again and again. */
static inline void move_to_core(int number)
{
    cpu_set_t all, one;
    int core, left;

    if (sched_getaffinity(getpid(), sizeof all, &all) != 0)
        fail("sched_getaffinity");
    left = number % CPU_COUNT(&all);
    for (core = 0; !CPU_ISSET(core, &all) || left-- > 0; core++)
        ;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0)
        fail("sched_setaffinity");
}

static inline void *use_share(void *given)
{
    const share *mine = (const share *)given;
    char workspace[4096];
    int number, time;

    move_to_core(mine->first);
    for (time = 0; time < TIMES; time++) {
        for (number = mine->first; number < OTHERS; number += mine->step) {
            snprintf(workspace, sizeof workspace, "%s/others/%d", mine->root, number);
            mine->use(workspace);
        }
    }
    return NULL;
}

static inline int64_t use_others(const char *root, int threads, void (*use)(const char *workspace))
{
    pthread_t made[THREADS_MAX];
    share shares[THREADS_MAX];
    int64_t begin = now();
    int number;

    for (number = 0; number < threads; number++) {
        shares[number].root = root;
        shares[number].use = use;
        shares[number].first = number;
        shares[number].step = threads;
        if (pthread_create(&made[number], NULL, use_share, &shares[number]) != 0)
            fail("pthread_create");
    }
    for (number = 0; number < threads; number++)
        pthread_join(made[number], NULL);
    return now() - begin;
}

/* What main() does: prepares for the one argument, usually a workspace, and obeys. The list of operations ends with one
 * without a name. */
static inline int work(int argc, char **argv, void (*prepare)(const char *argument), const operation *operations)
{
    char line[128], name[64];
    int count, left;
    int64_t begin, time;

    if (argc != 2) {
        fprintf(stderr, "usage: %s ARGUMENT <OPERATIONS\n", argv[0]);
        return 2;
    }
    prepare(argv[1]);
    while (fgets(line, sizeof line, stdin) != NULL) {
        const operation *wanted = operations;

        if (sscanf(line, "%63s %d", name, &count) != 2)
            return 2;
        while (wanted->name != NULL && strcmp(wanted->name, name) != 0)
            wanted++;
        if (wanted->name == NULL)
            return 2;
        if (wanted->all != NULL) {
            time = wanted->all(count);
        } else {
            begin = now();
            for (left = count; left > 0; left--)
                wanted->once();
            time = now() - begin;
        }
        printf("%" PRId64 "\n", time);
        fflush(stdout);
    }
    return 0;
}

#endif
