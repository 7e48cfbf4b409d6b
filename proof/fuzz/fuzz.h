/* What both targets use: failing, a clock that jumps, checks of texts, and accounts of what is open and allocated. */
#ifndef FUZZ_H
#define FUZZ_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ralph_lock.h>

#define UNUSED __attribute__((unused))

/* The fuzzer calls these by name. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program when a promise is broken; the fuzzer then writes the input down. */
#define CHECK(condition) \
    ((condition) ? (void)0 : fail("%s:%d: %s is not so (errno: %s)", __FILE__, __LINE__, #condition, strerror(errno)))

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("NOT AS PROMISED: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    abort();
}

/* The clock. The library retries for 20 ms where a holder is about to write, and waits have timeouts. In real time that
 * would leave a hundred runs a second. So the linker redirects these three calls of the library to a clock that stands
 * still until a sleep advances it, at once. A sleep may last longer than asked; here it does, so that retries end
 * after a few rounds. Nothing depends on the machine's speed, which makes every run repeatable. */

#define MILLISECOND 1000000LL
#define SECOND (1000 * MILLISECOND)
#define SHORTEST_SLEEP (10 * MILLISECOND)

/* Nanoseconds since a moment, and since 1970. */
static long long now_monotonic = 1000 * SECOND;
static const long long monotonic_to_wall = 1800000000 * SECOND;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);
int __wrap_ppoll(struct pollfd *polled, nfds_t count, const struct timespec *time, const sigset_t *mask);
int __real_ppoll(struct pollfd *polled, nfds_t count, const struct timespec *time, const sigset_t *mask);

static long long nanoseconds(const struct timespec *time)
{
    return time->tv_sec * SECOND + time->tv_nsec;
}

static long long now_wall(void)
{
    return now_monotonic + monotonic_to_wall;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    long long time = clock == CLOCK_REALTIME ? now_wall() : now_monotonic;

    CHECK(clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC);
    now->tv_sec = (time_t)(time / SECOND);
    now->tv_nsec = (long)(time % SECOND);
    return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest UNUSED)
{
    long long length = nanoseconds(time);

    now_monotonic += length < SHORTEST_SLEEP ? SHORTEST_SLEEP : length;
    return 0;
}

int __wrap_ppoll(struct pollfd *polled, nfds_t count, const struct timespec *time, const sigset_t *mask)
{
    struct timespec none = {0, 0};
    int result;

    CHECK(time != NULL);
    /* The fuzzer's own timer must not end a wait. */
    do
        result = __real_ppoll(polled, count, &none, mask);
    while (result == -1 && errno == EINTR);
    if (result == 0)
        now_monotonic += nanoseconds(time);
    return result;
}

/* Whether some bytes are UTF-8 as in RFC 3629: no overlong forms, no surrogates. */
static bool is_utf8(const void *bytes, size_t length)
{
    const uint8_t *at = bytes, *end = at + length;

    while (at < end) {
        uint8_t first = *at++;
        int more = first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
        uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

        if (more < 0 || end - at < more)
            return false;
        for (; more > 0; more--, at++) {
            if (*at < low || *at > high)
                return false;
            low = 0x80;
            high = 0xbf;
        }
    }
    return true;
}

/* Checks that a text is UTF-8. Reading all of it lets the sanitizer check its memory. */
static void check_text(const char *text)
{
    CHECK(text != NULL);
    CHECK(is_utf8(text, strlen(text)));
}

static void check_line(const char *text)
{
    check_text(text);
    CHECK(*text != '\0');
    for (; *text != '\0'; text++)
        CHECK((uint8_t)*text >= ' ' && *text != 0x7f);
}

/* A call gives an error object exactly when it fails, and the two agree. */
UNUSED static void check_error(ralph_lock_status status, const ralph_lock_error *error, int errno_seen)
{
    int32_t os_code = ralph_lock_error_os_code(error);
    const char *path = ralph_lock_error_path(error);

    CHECK((error != NULL) == (status != RALPH_LOCK_OK));
    CHECK(ralph_lock_error_status(error) == status);
    check_line(ralph_lock_error_message(error));
    CHECK(path == NULL || *path != '\0');
    CHECK(os_code == 0 || (os_code == errno_seen &&
                           (status == RALPH_LOCK_IO || status == RALPH_LOCK_UNSUPPORTED_FILESYSTEM)));
    CHECK(status != RALPH_LOCK_IO || os_code != 0);
}

/* The start as text is RFC 3339 in UTC, and the same moment as the number. */
static void check_started(const ralph_lock_metadata *metadata)
{
    const char *text = ralph_lock_metadata_started_rfc3339(metadata);
    int64_t number = ralph_lock_metadata_started_unix_ns(metadata);
    struct tm time;
    int64_t seconds, fraction = 0, unit = SECOND;
    int length = -1;

    check_line(text);
    memset(&time, 0, sizeof time);
    CHECK(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &time.tm_year, &time.tm_mon, &time.tm_mday, &time.tm_hour,
                 &time.tm_min, &time.tm_sec, &length) == 6 && length == 19);
    text += length;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9' && unit > 1; text++)
            fraction += (*text - '0') * (unit /= 10);
    CHECK(strcmp(text, "Z") == 0);
    CHECK(time.tm_mon >= 1 && time.tm_mon <= 12 && time.tm_mday >= 1 && time.tm_mday <= 31);
    CHECK(time.tm_hour <= 23 && time.tm_min <= 59 && time.tm_sec <= 60);
    time.tm_year -= 1900;
    time.tm_mon -= 1;
    seconds = timegm(&time);
    if (number == INT64_MIN)
        CHECK(seconds <= INT64_MIN / SECOND);
    else if (number == INT64_MAX)
        CHECK(seconds >= INT64_MAX / SECOND);
    else
        /* Unsigned, because the first and the last second that fit do so only with their fraction. */
        CHECK((uint64_t)seconds * SECOND + (uint64_t)fraction == (uint64_t)number);
}

/* Checks what holds for the metadata of any record. */
UNUSED static void check_metadata(const ralph_lock_metadata *metadata)
{
    uint32_t pid = ralph_lock_metadata_pid(metadata), local_pid = ralph_lock_metadata_local_pid(metadata);
    ralph_lock_liveness liveness = ralph_lock_metadata_liveness(metadata);
    ralph_lock_relation relation = ralph_lock_metadata_relation(metadata);

    CHECK(metadata != NULL);
    check_started(metadata);
    check_text(ralph_lock_metadata_prompt(metadata));
    if (ralph_lock_metadata_host(metadata) != NULL)
        check_text(ralph_lock_metadata_host(metadata));
    CHECK(liveness <= RALPH_LOCK_LIVENESS_FOREIGN && relation <= RALPH_LOCK_RELATION_OTHER);
    CHECK(liveness != RALPH_LOCK_LIVENESS_LIVE || kill((pid_t)pid, 0) == 0 || errno == EPERM);
    CHECK(liveness != RALPH_LOCK_LIVENESS_FOREIGN || relation == RALPH_LOCK_RELATION_OTHER);
    CHECK(relation != RALPH_LOCK_RELATION_SELF || pid == (uint32_t)getpid());
    CHECK(relation != RALPH_LOCK_RELATION_SELF || liveness == RALPH_LOCK_LIVENESS_LIVE);
    CHECK(relation != RALPH_LOCK_RELATION_SELF || local_pid == pid);
    CHECK(local_pid == 0 || liveness == RALPH_LOCK_LIVENESS_LIVE || liveness == RALPH_LOCK_LIVENESS_UNKNOWN);
    check_line(ralph_lock_metadata_summary(metadata));
    CHECK(relation != RALPH_LOCK_RELATION_ANCESTOR || liveness == RALPH_LOCK_LIVENESS_LIVE);
}

/* After each run as much is open and allocated as before it. Counting all allocations finds more than a search for
 * lost memory: an entry left in a table of the library is not lost, but leaked all the same. What the library
 * allocates once it allocates in a first run, which is not checked. */

size_t __sanitizer_get_current_allocated_bytes(void);
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0:quarantine_size_mb=64";
}

typedef struct account {
    int descriptors;
    size_t bytes;
} account;

static account balance(void)
{
    static struct pollfd all[512];
    account result = {0, __sanitizer_get_current_allocated_bytes()};
    int fd;

    for (fd = 0; fd < 512; fd++)
        all[fd] = (struct pollfd){.fd = fd, .events = 0};
    while (poll(all, 512, 0) == -1)
        CHECK(errno == EINTR);
    for (fd = 0; fd < 512; fd++)
        result.descriptors += (all[fd].revents & POLLNVAL) == 0;
    return result;
}

UNUSED static void check_balance(account before)
{
    static bool first = true;
    account after = balance();

    if (first) {
        first = false;
        /* timegm(3) reads the time zone once. */
        tzset();
        return;
    }
    if (after.descriptors != before.descriptors)
        fail("%d descriptors are open, and %d were before", after.descriptors, before.descriptors);
    if (after.bytes != before.bytes)
        fail("%zu bytes are allocated, and %zu were before (-trace_malloc=2 tells)", after.bytes, before.bytes);
}

__attribute__((format(printf, 1, 2))) UNUSED static char *path_of(const char *format, ...)
{
    va_list arguments;
    char *path;
    int length;

    va_start(arguments, format);
    length = vasprintf(&path, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    return path;
}

/* A new folder for the workspaces, in TMPDIR, which `run` makes and removes. */
UNUSED static const char *new_folder(void)
{
    const char *above = getenv("TMPDIR");
    char *folder = path_of("%s/fuzz-XXXXXX", above != NULL ? above : "/tmp");

    CHECK(mkdtemp(folder) != NULL);
    return folder;
}

#endif
