#include "lock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* When it took the lock. The record's text covers every year, unlike a number of nanoseconds. */
static time_t started_at(const ralph_lock_metadata *holder)
{
    const char *text = ralph_lock_metadata_started_rfc3339(holder);
    struct tm utc = {0};

    if (sscanf(text, "%d-%d-%dT%d:%d:%d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &utc.tm_hour, &utc.tm_min,
               &utc.tm_sec) != 6)
        return (time_t)(ralph_lock_metadata_started_unix_ns(holder) / 1000000000);
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    return timegm(&utc);
}

void line_age(line *out, const ralph_lock_metadata *holder)
{
    long long seconds = (long long)time(NULL) - (long long)started_at(holder);

    /* Another machine's clock may be ahead. */
    if (seconds < 0)
        seconds = 0;
    if (seconds < 60)
        line_words(out, "%lld s", seconds);
    else if (seconds < 3600)
        line_words(out, "%lld min %lld s", seconds / 60, seconds % 60);
    else if (seconds < 86400)
        line_words(out, "%lld h %lld min", seconds / 3600, seconds / 60 % 60);
    else
        line_words(out, "%lld d %lld h", seconds / 86400, seconds / 3600 % 24);
}

void line_since(line *out, const ralph_lock_metadata *holder)
{
    time_t started = started_at(holder);
    char text[64];
    struct tm local;

    if (localtime_r(&started, &local) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &local) > 0)
        line_words(out, "%s (", text);
    else
        line_words(out, "%s (", ralph_lock_metadata_started_rfc3339(holder));
    line_age(out, holder);
    line_words(out, " ago)");
}

const char *liveness_words(const ralph_lock_metadata *holder)
{
    switch (ralph_lock_metadata_liveness(holder)) {
    case RALPH_LOCK_LIVENESS_LIVE:
        return "running";
    case RALPH_LOCK_LIVENESS_DEAD:
        return "ended";
    case RALPH_LOCK_LIVENESS_RECYCLED:
        return "ended, and another process has its pid";
    case RALPH_LOCK_LIVENESS_FOREIGN:
        return "elsewhere: not visible from here";
    case RALPH_LOCK_LIVENESS_UNKNOWN:
        break;
    }
    return "not known whether it runs";
}

size_t find_keepers(const target *lock, const ralph_lock_metadata *holder, uint32_t keepers[KEEPERS])
{
    size_t count;

    /* A running holder keeps its lock itself. */
    if (ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_LIVE ||
        ralph_lock_find_keepers_with(lock->root, lock->options, keepers, KEEPERS, &count, NULL) != RALPH_LOCK_OK)
        return 0;
    return count < KEEPERS ? count : KEEPERS;
}

void say_held(const target *lock, const char *path, const ralph_lock_metadata *holder)
{
    uint32_t keepers[KEEPERS];
    size_t count = find_keepers(lock, holder, keepers);
    ralph_lock_liveness liveness = ralph_lock_metadata_liveness(holder);
    line out;

    say("%s is held by %s", path, ralph_lock_metadata_summary(holder));
    line_begin(&out, WIDE);
    if (liveness == RALPH_LOCK_LIVENESS_DEAD || liveness == RALPH_LOCK_LIVENESS_RECYCLED)
        line_words(&out, "that process has ended%s", count > 0 ? "; " : "");
    for (size_t i = 0; i < count; i++)
        line_words(&out, "%s%u", i > 0 ? ", " : "the lock is kept by process ", (unsigned)keepers[i]);
    if (out.length > 0)
        complain(&out);
}
