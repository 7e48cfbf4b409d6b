/* A holder of another boot, or of a pid namespace that is not visible from here, is FOREIGN, even if a process here has
 * its pid. The host name decides only where the record has no boot id. */
#include "holders.h"

typedef struct places {
    const char *outside;
    const char *inside;
} places;

/* The record of a running process with one text replaced. */
static char *changed_record(const char *root, const char *key, const char *value)
{
    char *other = new_workspace();
    char *text = read_file(lock_file_of(root), NULL);
    char *old = strstr(text, path_of("\"%s\":", key));
    char *record;

    CHECK(old != NULL);
    *old = '\0';
    old += strcspn(old + 1, ",}") + 1;
    record = path_of("%s\"%s\":%s%s", text, key, value, old);
    write_file(lock_file_of(other), record, strlen(record));
    return other;
}

static void check_records(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "here");
    char *other;
    ralph_lock_metadata *metadata;

    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, root);
    other = changed_record(root, "boot_id", "\"00000000-0000-4000-8000-000000000000\"");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, other);
    other = changed_record(root, "pid_ns", "1");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, other);
    metadata = on_record(other);
    CHECK(ralph_lock_metadata_local_pid(metadata) == 0);
    ralph_lock_metadata_free(metadata);
    other = changed_record(root, "host", "\"else.where\"");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, other);
    metadata = on_record(other);
    CHECK_TEXT("else.where", ralph_lock_metadata_host(metadata));
    CHECK(ralph_lock_metadata_local_pid(metadata) == (uint32_t)getpid());
    ralph_lock_metadata_free(metadata);
    other = changed_record(other, "boot_id", "null");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, other);
    other = changed_record(other, "host", "null");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_UNKNOWN, RALPH_LOCK_RELATION_UNKNOWN, other);
    /* The process that has the pid started later than the one on record. */
    other = changed_record(root, "start_time", "1");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_RECYCLED, RALPH_LOCK_RELATION_OTHER, other);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

/* Process 1 of another pid namespace, in which no process has the outer holder's pid. */
static void be_contained(void *argument)
{
    const places *where = argument;
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;

    CHECK(getpid() == 1);
    mount_own_proc("");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, where->outside);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(where->outside, "second", &guard, &metadata, NULL));
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_FOREIGN);
    CHECK(ralph_lock_metadata_local_pid(metadata) == 0);
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_NOT_LIVE, ralph_lock_signal_holder(where->outside, SIGKILL, NULL));
    guard = acquire(where->inside, "inside");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, where->inside);
    say(&starter, 'h');
    CHECK(hear(&starter) == 'x');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void contain(void *where)
{
    process first;

    begin_pid_namespace();
    first = start(be_contained, where);
    if (hear(&first) == 'h') {
        say(&starter, 'h');
        hear(&starter);
        say(&first, 'x');
    }
    finish_or_skip(&first);
}

int main(void)
{
    places where = {new_workspace(), new_workspace()};
    process outside, inside;

    check_records();
    outside = hold(where.outside, "outside");
    inside = start(contain, &where);
    if (hear(&inside) == 'h')
        say(&inside, 'x');
    finish_or_skip(&inside);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, where.outside);
    kill_hard(&outside);
    return 0;
}
