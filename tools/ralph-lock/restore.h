/* Keeping the lock file in its place while the command runs. */
#ifndef RESTORE_H
#define RESTORE_H

#include "lock.h"

/* A watch over the workspace's own lock file. */
typedef struct watch {
    const target *lock;
    ralph_lock_guard *guard;
    /* The inotify(7) descriptor; -1: none. */
    int events;
    /* When to check whether the file is in place; INFINITY: not before the next event. */
    double due;
    /* The file cannot be put back, and a message has said so. */
    bool lost;
} watch;

/* Starts to watch. Where the system reports no changes, or for a chosen lock file, the watch never wakes. */
watch watch_begin(const target *lock, ralph_lock_guard *guard);
void watch_end(watch *to);
/* Seconds until the watch has something to do, unless `events` becomes readable earlier. */
double watch_rest(const watch *of);
/* Reads the events, and puts the file back when it is time. Returns whether the lock was lost just now. */
bool watch_step(watch *of);

#endif
