/* One process of the benchmark of waiting: it holds a lock, or waits for it.
 *
 * `handoff KIND ROOT` does what the letters on its standard input say:
 *
 *     a  takes the lock, waiting as long as it takes
 *     r  releases the lock
 *     k  is killed, which frees the lock
 *     p  takes the lock, and releases it at once
 *
 * It answers each with a line of two numbers: the moment at which it had the lock (a, p) or was about
 * to release it (r, k), and the CPU time of the wait, both in nanoseconds. The driver reads the
 * answers to r and k only after the hand-over, so that they wake no process in between.
 *
 * Kinds: "flock" is the floor, flock(2) and nothing else; "record" adds the
 * system calls that name the holder; "blocking" is ralph_lock_acquire_blocking(); "with" is
 * ralph_lock_acquire_with() with a timeout and a token; "watch" has no lock, but reads the file's
 * inotify events. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ralph_lock.h>

#include "floors.h"

static const char *root;
static char path[4096];

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* The floor. */

static int fd = -1;

static void flock_acquire(void)
{
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd == -1 || flock(fd, LOCK_EX) == -1)
        fail(path);
}

static void flock_release(void)
{
    flock(fd, LOCK_UN);
    close(fd);
}

/* The additional cost of naming the holder: the system calls of the library, in its order, and nothing else. `make
 * bench` compares them. */

static int directory = -1;

static void ensure(int ok)
{
    if (!ok)
        fail(path);
}

/* After a holder that left its record: creates .gitignore, and checks whether the holder's process still runs. */
static void look_after(int holder)
{
    int folder = openat(directory, ".ralph", O_RDONLY | O_DIRECTORY | ALWAYS);
    int ignored = openat(folder, ".gitignore", O_RDWR | O_CREAT | O_EXCL | ALWAYS, 0666);

    if (ignored != -1)
        close(ignored);
    close(folder);
    ensure(kill(holder, 0) == -1 || identify(holder));
}

static void record_acquire(void)
{
    int holder = 0;
    struct stat of_root, ours, there;
    char text[512];
    ssize_t size;

    directory = open(root, O_RDONLY | O_DIRECTORY | O_NOCTTY | O_CLOEXEC);
    ensure(directory != -1 && fstat(directory, &of_root) == 0);
    fd = openat(directory, RALPH_LOCK_FILE, O_RDWR | ALWAYS);
    if (fd == -1)
        fd = openat(directory, RALPH_LOCK_FILE, O_RDWR | O_CREAT | ALWAYS, 0666);
    ensure(fd != -1 && fstat(fd, &ours) == 0);
    ensure(flock(fd, LOCK_EX) == 0);
    /* The end of a killed process unlocks the file and the root one after the other. */
    ensure(flock(directory, LOCK_EX | LOCK_NB) == 0 || (errno == EWOULDBLOCK && flock(directory, LOCK_EX) == 0));
    ensure(fstatat(directory, RALPH_LOCK_FILE, &there, AT_SYMLINK_NOFOLLOW) == 0 && ours.st_ino == there.st_ino);
    if (there.st_size > 0) {
        size = pread(fd, text, (size_t)there.st_size + 1, 0);
        ensure(size > 0 && (size_t)size < sizeof text);
        text[size] = '\0';
        if (sscanf(text, "{ \"pid\": %d", &holder) == 1)
            ensure(pwrite(fd, blanks, (size_t)size, 0) == size);
    }
    ensure(pwrite(fd, record, length, 0) == (ssize_t)length);
    if (holder != 0)
        look_after(holder);
}

static void record_release(void)
{
    struct stat found;

    ensure(fstat(directory, &found) == 0 && flock(directory, LOCK_UN) == 0);
    ensure(fstat(fd, &found) == 0 && pwrite(fd, blanks, length, 0) == (ssize_t)length);
    flock_release();
    close(directory);
}

/* The library. */

static ralph_lock_options *options;
static ralph_lock_guard *guard;

static void check(ralph_lock_status status, ralph_lock_error *error)
{
    if (status == RALPH_LOCK_OK)
        return;
    fprintf(stderr, "handoff: %s\n", ralph_lock_error_message(error));
    exit(1);
}

static void blocking_acquire(void)
{
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_acquire_blocking(root, "benchmark", &guard, &error);

    check(status, error);
}

static void with_acquire(void)
{
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_acquire_with(root, "benchmark", options, &guard, NULL, &error);

    check(status, error);
}

static void library_release(void)
{
    check(ralph_lock_release(guard), NULL);
}

static void make_options(void)
{
    ralph_lock_cancel *cancel;
    ralph_lock_error *error;

    check(ralph_lock_cancel_new(&cancel, &error), error);
    options = ralph_lock_options_new();
    check(ralph_lock_options_set_timeout_ms(options, 600000), NULL);
    check(ralph_lock_options_set_cancel(options, cancel), NULL);
}

/* The others. */

static void watch(void)
{
    struct pollfd polled[2] = {{STDIN_FILENO, POLLIN, 0}, {-1, POLLIN, 0}};
    char events[4096];

    polled[1].fd = inotify_init1(IN_CLOEXEC);
    if (inotify_add_watch(polled[1].fd, path, IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE) == -1)
        fail(path);
    while (poll(polled, 2, -1) > 0 && polled[0].revents == 0)
        if (read(polled[1].fd, events, sizeof events) == -1)
            fail("inotify");
}

/* Carries out the letters. */

static void answer(int64_t moment, int64_t cpu)
{
    dprintf(STDOUT_FILENO, "%" PRId64 " %" PRId64 "\n", moment, cpu);
}

static void obey(void (*acquire)(void), void (*release)(void))
{
    int64_t cpu, moment;
    char letter;

    while (read(STDIN_FILENO, &letter, 1) == 1) {
        switch (letter) {
        case 'a':
        case 'p':
            cpu = now(CLOCK_PROCESS_CPUTIME_ID);
            acquire();
            moment = now(CLOCK_MONOTONIC);
            cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
            if (letter == 'p')
                release();
            answer(moment, cpu);
            break;
        case 'r':
            moment = now(CLOCK_MONOTONIC);
            release();
            answer(moment, 0);
            break;
        case 'k':
            answer(now(CLOCK_MONOTONIC), 0);
            raise(SIGKILL);
            break;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: handoff flock|record|blocking|with|watch ROOT\n");
        return 2;
    }
    root = argv[2];
    snprintf(path, sizeof path, "%s/%s", root, RALPH_LOCK_FILE);
    make_options();
    make_record();
    if (strcmp(argv[1], "flock") == 0)
        obey(flock_acquire, flock_release);
    else if (strcmp(argv[1], "record") == 0)
        obey(record_acquire, record_release);
    else if (strcmp(argv[1], "blocking") == 0)
        obey(blocking_acquire, library_release);
    else if (strcmp(argv[1], "with") == 0)
        obey(with_acquire, library_release);
    else
        watch();
    return 0;
}
