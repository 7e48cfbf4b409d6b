#include "restore.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "process.h"

#ifdef __linux__
#include <sys/inotify.h>

/* How long to wait after the last removal. A file that appears during an `rm -rf` makes that fail. */
static const double QUIET = 0.25;

static const uint32_t REMOVALS = IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF;

/* How often to check whether another program still has the file. */
static const double AGAIN = 1;

/* The part of RALPH_LOCK_FILE that is a directory. */
static const char FOLDER[] = ".ralph";

/* Watches both directories; watching one again changes nothing. */
static void watch_directories(const watch *of)
{
    char *folder = joined(of->lock->root, FOLDER);

    inotify_add_watch(of->events, of->lock->root, REMOVALS | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
    if (folder != NULL)
        inotify_add_watch(of->events, folder, REMOVALS | IN_CREATE | IN_MOVED_TO | IN_MODIFY);
    free(folder);
}

watch watch_begin(const target *lock, ralph_lock_guard *guard)
{
    watch begun = {.lock = lock, .guard = guard, .events = -1, .due = INFINITY};

    if (lock->file != NULL)
        return begun;
    begun.events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (begun.events == -1)
        return begun;
    watch_directories(&begun);
    /* Earlier removals are noticed too. */
    begun.due = now();
    return begun;
}

/* Whether another program has locked the file at the path. */
static bool is_taken(const target *lock)
{
    char *path = joined(lock->root, RALPH_LOCK_FILE);
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    bool taken = fd != -1 && flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;

    if (fd != -1)
        close(fd);
    free(path);
    return taken;
}

/* Reads the events; returns whether one may concern the lock file. A removal postpones the next look. */
static bool read_events(watch *of)
{
    char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool concerned = false;
    ssize_t length;

    while ((length = read(of->events, buffer, sizeof buffer)) > 0) {
        for (char *at = buffer; at < buffer + length;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;

            concerned |= event->len == 0 || strcmp(event->name, FOLDER) == 0 ||
                         strcmp(event->name, &RALPH_LOCK_FILE[sizeof FOLDER]) == 0;
            if ((event->mask & REMOVALS) != 0 && isfinite(of->due))
                of->due = now() + QUIET;
            at += sizeof *event + event->len;
        }
    }
    return concerned;
}

/* Prints a problem once; returns whether this was the first time. */
static bool say_once(watch *of, const char *what, const char *why)
{
    bool first = !of->lost;

    of->lost = true;
    if (first)
        say("%s%s", what, why);
    return first;
}

/* Puts the file back if it is not in place; returns whether the lock was lost just now. */
static bool look(watch *of)
{
    ralph_lock_metadata *holder = NULL;
    ralph_lock_error *error = NULL;
    bool lost = false;

    of->due = INFINITY;
    if (ralph_lock_guard_verify(of->guard, NULL) == RALPH_LOCK_OK)
        return false;
    switch (ralph_lock_guard_restore(of->guard, &holder, &error)) {
    case RALPH_LOCK_OK:
        of->lost = false;
        say("the lock file was removed or replaced, and has been put back");
        break;
    case RALPH_LOCK_ALREADY_LOCKED:
        lost = say_once(of, "the lock file was removed or replaced, and another program has locked the new one: ",
                        ralph_lock_metadata_summary(holder));
        of->due = now() + AGAIN;
        break;
    case RALPH_LOCK_LOST:
        lost = say_once(of, "", ralph_lock_error_message(error));
        break;
    default:
        say_once(of, "the lock file was removed or replaced, and cannot be put back: ",
                 ralph_lock_error_message(error));
        of->due = now() + AGAIN;
        break;
    }
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    return lost;
}

bool watch_step(watch *of)
{
    if (of->events == -1)
        return false;
    if (read_events(of)) {
        watch_directories(of);
        of->due = now();
        /* Waiting is useless if another program has the new file, or if this one has it, in place. */
        if (!is_taken(of->lock))
            of->due += QUIET;
    }
    return now() >= of->due && look(of);
}

#else

watch watch_begin(const target *lock, ralph_lock_guard *guard)
{
    return (watch){.lock = lock, .guard = guard, .events = -1, .due = INFINITY};
}

bool watch_step(watch *of)
{
    (void)of;
    return false;
}

#endif

void watch_end(watch *to)
{
    if (to->events != -1)
        close(to->events);
}

double watch_rest(const watch *of)
{
    double left = of->due - now();

    return left > 0 ? left : 0;
}
