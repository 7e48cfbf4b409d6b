#include "tool.h"

#include <time.h>
#include <unistd.h>

void line_holder(line *out, const ralph_lock_metadata *holder)
{
    if (holder == NULL) {
        line_words(out, "somebody who left no record");
        return;
    }
    line_words(out, "process %u", (unsigned)ralph_lock_metadata_pid(holder));
    if (ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_FOREIGN &&
        ralph_lock_metadata_host(holder) != NULL) {
        line_words(out, " on ");
        line_text(out, ralph_lock_metadata_host(holder));
    }
}

void line_age(line *out, const ralph_lock_metadata *holder)
{
    long long seconds = (long long)time(NULL) - ralph_lock_metadata_started_unix_ns(holder) / 1000000000;

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
    time_t started = (time_t)(ralph_lock_metadata_started_unix_ns(holder) / 1000000000);
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
        return "ended, and another process has its number";
    case RALPH_LOCK_LIVENESS_FOREIGN:
        return "elsewhere: cannot be judged from here";
    case RALPH_LOCK_LIVENESS_UNKNOWN:
        break;
    }
    return "not known whether it runs";
}

size_t find_keepers(const char *root, const ralph_lock_metadata *holder, uint32_t keepers[KEEPERS])
{
    ralph_lock_liveness liveness = ralph_lock_metadata_liveness(holder);
    size_t count;

    /* A holder that runs keeps its lock itself, and one elsewhere cannot be seen. */
    if (liveness == RALPH_LOCK_LIVENESS_LIVE || liveness == RALPH_LOCK_LIVENESS_FOREIGN ||
        ralph_lock_find_keepers(root, keepers, KEEPERS, &count, NULL) != RALPH_LOCK_OK)
        return 0;
    return count < KEEPERS ? count : KEEPERS;
}

void say_who_holds(const char *path, const char *root, const ralph_lock_metadata *holder)
{
    uint32_t keepers[KEEPERS];
    size_t count = root != NULL ? find_keepers(root, holder, keepers) : 0;
    ralph_lock_liveness liveness = ralph_lock_metadata_liveness(holder);
    line out;

    line_begin(&out, (int)sizeof out.text);
    line_text(&out, path);
    line_words(&out, " is held by ");
    line_holder(&out, holder);
    if (holder != NULL) {
        line_words(&out, " since ");
        line_since(&out, holder);
    }
    if (liveness == RALPH_LOCK_LIVENESS_DEAD || liveness == RALPH_LOCK_LIVENESS_RECYCLED)
        line_words(&out, ", which has ended");
    for (size_t i = 0; i < count; i++)
        line_words(&out, "%s%u", i > 0 ? ", " : "; it is kept by process ", (unsigned)keepers[i]);
    complain(&out);
    if (ralph_lock_metadata_relation(holder) == RALPH_LOCK_RELATION_ANCESTOR)
        say("this command runs under that process: it would wait for itself");
    if (holder != NULL && *ralph_lock_metadata_prompt(holder) != '\0') {
        line_begin(&out, columns_of(STDERR_FILENO) - (int)sizeof "ralph-lock: ");
        line_words(&out, "its prompt: ");
        line_text(&out, ralph_lock_metadata_prompt(holder));
        complain(&out);
    }
}
