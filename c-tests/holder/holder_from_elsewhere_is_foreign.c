/* A holder of another boot, host or pid namespace is FOREIGN, whatever process has its number here. */
#include "holders.h"

typedef struct places {
    const char *outside;
    const char *inside;
} places;

/* A record like that of a running process, with one text in the place of another. */
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
    other = changed_record(root, "host", "\"else.where\"");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, other);
    metadata = on_record(other);
    CHECK_TEXT("else.where", ralph_lock_metadata_host(metadata));
    ralph_lock_metadata_free(metadata);
    /* Who has the number is not this process of an earlier time. */
    other = changed_record(root, "start_time", "1");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_RECYCLED, RALPH_LOCK_RELATION_OTHER, other);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void be_renamed(void *argument)
{
    const places *where = argument;
    ralph_lock_guard *guard;

    /* Whoever may mount may do this too. */
    have_private_mounts();
    if (unshare(CLONE_NEWUTS) == -1 || sethostname("else.where", 10) == -1)
        skip("this user cannot give a container a name");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, where->outside);
    guard = acquire(where->inside, "elsewhere");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, where->inside);
    say(&starter, 'h');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

/* Process 1 of another pid namespace, where nobody has the outer holder's number. */
static void be_contained(void *argument)
{
    const places *where = argument;
    ralph_lock_guard *guard;

    CHECK(getpid() == 1);
    mount_own_proc("");
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, where->outside);
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

static void check_places(void (*body)(void *))
{
    places where = {new_workspace(), new_workspace()};
    process outside = hold(where.outside, "outside");
    process inside = start(body, &where);
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;

    if (hear(&inside) == 'h') {
        /* A contained holder is process 1, and another process 1 lives here. */
        CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, where.inside);
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED,
                     ralph_lock_try_acquire(where.inside, "second", &guard, &metadata, NULL));
        CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_FOREIGN);
        ralph_lock_metadata_free(metadata);
        say(&inside, 'x');
    }
    finish_or_skip(&inside);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, where.outside);
    kill_hard(&outside);
}

int main(void)
{
    check_records();
    check_places(be_renamed);
    check_places(contain);
    return 0;
}
