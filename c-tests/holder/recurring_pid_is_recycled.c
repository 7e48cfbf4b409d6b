/* A process that reuses a dead holder's pid is not taken for the holder, which is RECYCLED, and OTHER even to that
 * process. */
#include "holders.h"

static void ask(void *root)
{
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_RECYCLED, RALPH_LOCK_RELATION_OTHER, root);
    say(&starter, 'a');
    hear(&starter);
}

/* Process 1 of a pid namespace in which no other process starts any. */
static void recur(void *root)
{
    process holder, namesake;
    char *last;
    long start_time;
    int file;

    mount_own_proc("");
    holder = hold(root, "is killed");
    start_time = start_of(holder.pid);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_LIVE, RALPH_LOCK_RELATION_OTHER, root);
    kill_hard(&holder);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_OTHER, root);

    until_later_than(start_time);
    last = path_of("%d", (int)holder.pid - 1);
    file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    if (file == -1 || write(file, last, strlen(last)) == -1)
        skip("/proc/sys/kernel/ns_last_pid cannot be written here, so no pid can be reused");
    CHECK(close(file) == 0);
    namesake = start(ask, root);
    CHECK(namesake.pid == holder.pid);
    CHECK(hear(&namesake) == 'a');
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_RECYCLED, RALPH_LOCK_RELATION_OTHER, root);
    say(&namesake, 'x');
    finish(&namesake);
    CHECK_HOLDER(RALPH_LOCK_LIVENESS_DEAD, RALPH_LOCK_RELATION_OTHER, root);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
}

static void namespace_body(void *root)
{
    process first;

    begin_pid_namespace();
    first = start(recur, root);
    finish_or_skip(&first);
}

int main(void)
{
    char *root = new_workspace();
    process child = start(namespace_body, root);

    finish_or_skip(&child);
    return 0;
}
