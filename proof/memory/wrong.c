/* Makes one mistake of each kind, to see that the tools report it: `wrong KIND ROOT`. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ralph_lock.h>

static const char *root;
static bool shared;

/* The library writes to a variable that another thread writes to. */
static void *ask(void *unused)
{
    (void)unused;
    ralph_lock_is_locked(root, &shared, NULL);
    return NULL;
}

static void race(void)
{
    pthread_t threads[2];
    int i;

    for (i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, ask, NULL) != 0)
            exit(2);
    for (i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

/* The library writes to memory that was freed. */
static void dangling(void)
{
    bool *volatile place = malloc(sizeof *place);

    free(place);
    ralph_lock_is_locked(root, place, NULL);
}

static void leak(void)
{
    void *volatile lost = malloc(100);

    memset(lost, 1, 100);
    lost = NULL;
}

/* Overwrites the stack, so that no leftover pointer makes the lost memory reachable. */
static void deep(int depth)
{
    volatile char room[256];

    memset((void *)room, 0, sizeof room);
    if (depth > 0)
        deep(depth - 1);
}

static void overflow(void)
{
    char place[8];
    /* Through a pointer, the compiler does not see the overflow. */
    volatile char *volatile at = place;

    at[sizeof place] = 1;
}

static void undefined(void)
{
    volatile int bits = 31, one = 1;

    bits += 1;
    one <<= bits;
}

int main(int count, char **words)
{
    if (count != 3)
        return 2;
    root = words[2];
    if (strcmp(words[1], "race") == 0)
        race();
    else if (strcmp(words[1], "dangling") == 0)
        dangling();
    else if (strcmp(words[1], "leak") == 0)
        leak();
    else if (strcmp(words[1], "overflow") == 0)
        overflow();
    else if (strcmp(words[1], "undefined") == 0)
        undefined();
    else
        return 2;
    deep(8);
    return 0;
}
