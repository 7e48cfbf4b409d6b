/* One process of a storm: takes and releases the lock, in one of three ways, until a file is gone.
 *
 *     storm ROOT DETECTOR GO PROMPT wait|queue|try
 *
 * Two numbers in memory that all processes share detect an overlap: how many processes are inside, and a sum that each
 * holder increments in two steps, so that overlapping holders lose increments. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ralph_lock.h>

typedef struct detector {
    int inside;
    volatile long sum;
} detector;

static detector *detect;
static const char *root, *prompt;

static void fail(const char *what, const ralph_lock_error *error)
{
    printf("%s: %s %s\n", prompt, what, error ? ralph_lock_error_message(error) : "");
    exit(1);
}

/* Takes the lock. NULL: not yet. */
static ralph_lock_guard *take(const char *how)
{
    ralph_lock_metadata *holder = NULL;
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    ralph_lock_status status;
    ralph_lock_options *options;

    if (strcmp(how, "queue") == 0) {
        status = ralph_lock_acquire_blocking(root, prompt, &guard, &error);
    } else {
        options = ralph_lock_options_new();
        if (ralph_lock_options_set_timeout_ms(options, strcmp(how, "wait") == 0 ? 100 : 0) != RALPH_LOCK_OK)
            abort();
        status = ralph_lock_acquire_with(root, prompt, options, &guard, &holder, &error);
        ralph_lock_options_free(options);
    }
    if (status != RALPH_LOCK_OK && status != RALPH_LOCK_ALREADY_LOCKED && status != RALPH_LOCK_TIMED_OUT)
        fail("cannot take the lock:", error);
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    return guard;
}

/* What the holder does. No other process may be here meanwhile. */
static void work(const ralph_lock_guard *guard)
{
    ralph_lock_metadata *previous;
    ralph_lock_error *error;
    long sum;

    if (__atomic_fetch_add(&detect->inside, 1, __ATOMIC_SEQ_CST) != 0)
        fail("two processes have the lock", NULL);
    sum = detect->sum;
    usleep((useconds_t)random() % 300);
    detect->sum = sum + 1;
    if (ralph_lock_guard_verify(guard, &error) != RALPH_LOCK_OK)
        fail("verify:", error);
    if (ralph_lock_guard_previous(guard, &previous, NULL) == RALPH_LOCK_OK)
        fail("no holder died, and a record was left behind", NULL);
    if (__atomic_fetch_sub(&detect->inside, 1, __ATOMIC_SEQ_CST) != 1)
        fail("two processes had the lock", NULL);
}

int main(int argc, char **argv)
{
    long rounds = 0, refused = 0;
    int fd;

    if (argc != 6)
        return 2;
    root = argv[1];
    prompt = argv[4];
    srandom((unsigned)getpid());
    fd = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd == -1 || ftruncate(fd, sizeof *detect) == -1)
        fail("no detector", NULL);
    detect = mmap(NULL, sizeof *detect, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (detect == MAP_FAILED)
        fail("no detector", NULL);
    while (access(argv[3], F_OK) == 0) {
        ralph_lock_guard *guard = take(argv[5]);

        if (guard == NULL) {
            refused++;
            continue;
        }
        work(guard);
        if (ralph_lock_release(guard) != RALPH_LOCK_OK)
            fail("release", NULL);
        rounds++;
    }
    printf("%ld %ld %ld\n", rounds, refused, detect->sum);
    return 0;
}
