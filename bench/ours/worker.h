/* The frame of every measured program in C and C++: it reads lines "OPERATION COUNT", carries the operation out that
 * many times, and answers each line with the nanoseconds that it took. */
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
    /* Either a function that is repeated, */
    void (*once)(void);
    /* or a function that repeats and measures by itself, and returns the result. */
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

/* Each of that many threads uses its own share of ROOT/others, so often that the start of the threads counts for
 * little. Each thread is bound to a core, because the kernel's scheduling is not measured. */
enum { OTHERS = 1000, THREADS_MAX = 64, TIMES = 20 };

typedef struct share {
    const char *root;
    void (*use)(const char *workspace);
    int first, step;
} share;

/* Moves the thread to the core with that number among those that this process may use; after the last comes the first. */
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

/* The body of main(): prepares for its argument, usually a workspace, and carries out the lines. The list of operations
 * ends with one without a name. */
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
