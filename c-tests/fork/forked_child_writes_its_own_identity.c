/* A forked child that takes a lock is on record as itself, not as its parent, even if both are process 1 of a pid
 * namespace; the parent's record still names the parent. */
#include "holders.h"

typedef struct workspaces {
    char *parent;
    char *child;
    long start;
} workspaces;

/* What the record must say about this process under "holder". */
static void check_on_record(const char *root)
{
    char *text = read_file(lock_file_of(root), NULL);
    struct stat namespace;
    uint32_t pid = ralph_lock_metadata_pid(on_record(root));

    CHECK(pid == (uint32_t)getpid());
    CHECK(stat("/proc/self/ns/pid", &namespace) == 0);
    CHECK(strstr(text, path_of("\"pid_ns\":%lu,", (unsigned long)namespace.st_ino)) != NULL);
    CHECK(strstr(text, path_of("\"start_time\":%ld}", start_of(getpid()))) != NULL);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_SELF, root);
}

static ralph_lock_guard *acquire_as_child(const workspaces *where)
{
    ralph_lock_guard *guard;

    CHECK(start_of(getpid()) > where->start);
    guard = acquire(where->child, "the child's");
    check_on_record(where->child);
    return guard;
}

static void child_body(void *argument)
{
    const workspaces *where = argument;
    ralph_lock_guard *guard = acquire_as_child(where);

    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_ANCESTOR, where->parent);
    say(&starter, 'h');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void inner_body(void *argument)
{
    const workspaces *where = argument;
    ralph_lock_guard *guard;

    CHECK(getpid() == 1);
    have_private_mounts();
    mount_own_proc("");
    guard = acquire_as_child(where);
    /* Another process 1, which sees this one as process 1 too. */
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_FOREIGN, RALPH_LOCK_RELATION_OTHER, where->parent);
    say(&starter, 'h');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void check_both(void (*body)(void *), ralph_lock_liveness liveness)
{
    workspaces where = {new_workspace(), new_workspace(), start_of(getpid())};
    ralph_lock_guard *guard = acquire(where.parent, "the parent's");
    process child;

    check_on_record(where.parent);
    if (body == inner_body && unshare(CLONE_NEWPID) == -1)
        skip("this user cannot make pid namespaces");
    until_later_than(where.start);
    child = start(body, &where);
    if (hear(&child) == 'h') {
        check_on_record(where.parent);
        CHECK_HOLDER(liveness, RALPH_LOCK_RELATION_OTHER, where.child);
        /* Later locks of the parent are on record as the parent's. */
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
        guard = acquire(where.parent, "the parent's again");
        check_on_record(where.parent);
        say(&child, 'x');
    }
    finish_or_skip(&child);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void outer_body(void *unused)
{
    (void)unused;
    CHECK(getpid() == 1);
    mount_own_proc("");
    /* It sees the process 1 of the namespace below. */
    check_both(inner_body, RALPH_LOCK_LIVENESS_LIVE);
}

static void namespace_body(void *unused)
{
    process outer;

    (void)unused;
    begin_pid_namespace();
    outer = start(outer_body, NULL);
    finish_or_skip(&outer);
}

int main(void)
{
    process child;

    check_both(child_body, RALPH_LOCK_LIVENESS_LIVE);
    child = start(namespace_body, NULL);
    finish_or_skip(&child);
    return 0;
}
