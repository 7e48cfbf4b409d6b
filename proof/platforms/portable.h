/* What the programs of c-tests/ expect of a library that was built with the feature `portable`. */
#ifndef PORTABLE_H
#define PORTABLE_H

#include <ralph_lock.h>

/* There are no descriptors for an event loop. */
#define HAS_WAITERS false

/* The library does not read /proc. */
#define HAS_KEEPERS false
#define HAS_LIST_OF_LOCKS false

/* Nothing is known of processes. */
#define RALPH_LOCK_LIVENESS_LIVE RALPH_LOCK_LIVENESS_UNKNOWN
#define RALPH_LOCK_LIVENESS_DEAD RALPH_LOCK_LIVENESS_UNKNOWN
#define RALPH_LOCK_RELATION_SELF RALPH_LOCK_RELATION_UNKNOWN
#define RALPH_LOCK_RELATION_ANCESTOR RALPH_LOCK_RELATION_UNKNOWN
#define RALPH_LOCK_RELATION_OTHER RALPH_LOCK_RELATION_UNKNOWN

#endif
