/* Processes that ask, inspect and read a thousand times a second, and check the answers. */
#ifndef WATCHERS_H
#define WATCHERS_H

#include "prompts.h"

static void check_inspection(void)
{
    int moves = load(&shared->moves), before = load(&shared->owner), began = now(), serial = 0;
    ralph_lock_metadata *record;
    ralph_lock_state state = look(shared->root, &record);
    bool all_along = before != 0 && load(&shared->owner) == before && !is_doomed(before) && root_has_stayed(moves);

    if (state == RALPH_LOCK_STATE_HELD && record != NULL)
        serial = check_holder_on_record(record, began);
    if (state == RALPH_LOCK_STATE_STALE) {
        serial = check_record(record);
        if (serial != 0 && !leaves_records(serial))
            fail(__FILE__, __LINE__, "number %d is called stale, and had ended well", serial);
    }
    if (all_along
        && (state != RALPH_LOCK_STATE_HELD || (record == NULL && !shared->loses_files)
            || (serial != 0 && serial != before)))
        fail(__FILE__, __LINE__, "number %d holds the lock, and state %d of number %d is seen", before, (int)state,
             record == NULL ? -1 : serial);
    count(state == RALPH_LOCK_STATE_HELD ? HELD : state == RALPH_LOCK_STATE_STALE ? STALE : FREE);
    ralph_lock_metadata_free(record);
}

static void check_question(void)
{
    int moves = load(&shared->moves), before = load(&shared->owner);
    bool locked = is_locked(shared->root);

    if (before != 0 && load(&shared->owner) == before && !is_doomed(before) && root_has_stayed(moves) && !locked)
        fail(__FILE__, __LINE__, "number %d holds the lock, and it is called free", before);
}

static void check_reading(void)
{
    ralph_lock_metadata *record;
    ralph_lock_status status = ralph_lock_read_existing(shared->root, &record, NULL);

    if (status == RALPH_LOCK_OK)
        check_record(record);
    else
        CHECK_STATUS(RALPH_LOCK_NOT_FOUND, status);
    ralph_lock_metadata_free(record);
}

/* One of many; the argument is its number. */
static void watch(void *argument)
{
    uint64_t state = shared->seed + 1000 + (uint64_t)*(int *)argument;
    struct timespec when;

    end_with_starter();
    CHECK(clock_gettime(CLOCK_MONOTONIC, &when) == 0);
    while (!load(&shared->stop)) {
        struct timespec reached;

        switch (below(&state, 3)) {
        case 0:
            check_question();
            break;
        case 1:
            check_inspection();
            break;
        default:
            check_reading();
        }
        count(PROBES);
        when.tv_nsec += 1000000;
        when.tv_sec += when.tv_nsec / 1000000000;
        when.tv_nsec %= 1000000000;
        /* A look that comes late is not repeated. */
        CHECK(clock_gettime(CLOCK_MONOTONIC, &reached) == 0);
        if (reached.tv_sec > when.tv_sec || (reached.tv_sec == when.tv_sec && reached.tv_nsec > when.tv_nsec))
            when = reached;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
    }
}

UNUSED static void start_watchers(process *watchers, int many)
{
    int i;

    for (i = 0; i < many; i++)
        watchers[i] = start(watch, &i);
}

#endif
