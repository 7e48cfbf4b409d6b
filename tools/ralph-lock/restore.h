/* Keeping the lock file in its place while the command runs. */
#ifndef RESTORE_H
#define RESTORE_H

#include "lock.h"

/* A watch over the workspace's own lock file. */
typedef struct watch {
    const target *lock;
    ralph_lock_guard *guard;
    /* Where inotify(7) tells of changes; -1: nowhere. */
    int events;
    /* When to look whether the file is still in place; INFINITY: it is, as far as is known. */
    double due;
    /* The file is gone and cannot be put back; that was said. */
    bool lost;
} watch;

/* Begins to watch; where the system tells of no changes, or for another lock file, it never wakes. */
watch watch_begin(const target *lock, ralph_lock_guard *guard);
void watch_end(watch *to);
/* For how many seconds the watch has nothing to do, unless `events` becomes readable. */
double watch_rest(const watch *of);
/* Reads what has happened, and puts the file back when it is time. Gives whether the lock was lost just now. */
bool watch_step(watch *of);

#endif
