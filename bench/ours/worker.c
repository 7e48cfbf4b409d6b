/* The library, through its header and the shared object that ships. `worker ROOT`: see worker.h. In ROOT/others
 * are other workspaces, for those operations that use many of them. */
#include "worker.h"

#include <stdbool.h>
#include <sys/resource.h>

#include <ralph_lock.h>

static const char *root;
static char lock_file[4096];
static char *others[OTHERS];

static void check(ralph_lock_status status, ralph_lock_status expected)
{
    if (status != expected) {
        fprintf(stderr, "worker: %s\n", ralph_lock_status_message(status));
        exit(1);
    }
}

static ralph_lock_guard *take(const char *where)
{
    ralph_lock_guard *guard;

    check(ralph_lock_try_acquire(where, "benchmark", &guard, NULL, NULL), RALPH_LOCK_OK);
    return guard;
}

/* One lock. */

static ralph_lock_guard *held;

static void acquire(void)
{
    held = take(root);
}

static void release(void)
{
    check(ralph_lock_release(held), RALPH_LOCK_OK);
}

static void pair(void)
{
    acquire();
    release();
}

static int64_t acquires(int count)
{
    int64_t begin, time = 0;

    while (count-- > 0) {
        begin = now();
        acquire();
        time += now() - begin;
        release();
    }
    return time;
}

static int64_t disk(int count)
{
    return releases_after_disk(count, lock_file, acquire, release);
}

static void refused(void)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    check(ralph_lock_try_acquire(root, "benchmark", &guard, &holder, NULL), RALPH_LOCK_ALREADY_LOCKED);
    if (ralph_lock_metadata_pid(holder) == 0)
        fail("no holder");
    ralph_lock_metadata_free(holder);
}

static void record(void)
{
    ralph_lock_metadata *holder;

    check(ralph_lock_read_existing(root, &holder, NULL), RALPH_LOCK_OK);
    if (ralph_lock_metadata_pid(holder) == 0)
        fail("no holder");
    ralph_lock_metadata_free(holder);
}

static void locked(void)
{
    bool is_locked;

    check(ralph_lock_is_locked(root, &is_locked, NULL), RALPH_LOCK_OK);
}

static void inspect(void)
{
    ralph_lock_state state;
    ralph_lock_metadata *holder;

    check(ralph_lock_inspect(root, &state, &holder, NULL), RALPH_LOCK_OK);
    ralph_lock_metadata_free(holder);
}

/* Many locks. */

static ralph_lock_guard *guards[OTHERS];
static int held_others;

/* That many of the other workspaces are held from now on. */
static int64_t hold(int count)
{
    for (; held_others < count; held_others++)
        guards[held_others] = take(others[held_others]);
    while (held_others > count)
        check(ralph_lock_release(guards[--held_others]), RALPH_LOCK_OK);
    return 0;
}

/* Memory of this process that is in use, in bytes. */
static int64_t resident(void)
{
    char line[256];
    long kilobytes = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Private_Dirty: %ld kB", &kilobytes) == 1)
            break;
    if (kilobytes < 0)
        fail("/proc/self/smaps_rollup");
    fclose(file);
    return kilobytes * 1024;
}

/* How many bytes that many guards take up. */
static int64_t guard_memory(int count)
{
    int64_t before;

    /* The first one, which also loads and allocates for later ones. */
    pair();
    resident();
    before = resident();
    hold(count);
    return resident() - before;
}

/* The same for waits for locks that another process has. */
static int64_t waiter_memory(int count)
{
    static ralph_lock_waiter *waiters[OTHERS];
    ralph_lock_guard *guard;
    int64_t before = 0;
    int number;

    for (number = 0; number <= count; number++) {
        check(ralph_lock_waiter_new(others[number % count], "benchmark", NULL, &waiters[number % count], NULL),
              RALPH_LOCK_OK);
        check(ralph_lock_waiter_step(waiters[number % count], &guard, NULL, NULL), RALPH_LOCK_ALREADY_LOCKED);
        if (number == 0) {
            ralph_lock_waiter_free(waiters[0]);
            resident();
            before = resident();
        }
    }
    before = resident() - before;
    for (number = 0; number < count; number++)
        ralph_lock_waiter_free(waiters[number]);
    return before;
}

/* All of them, by that many threads. */

static void use(const char *workspace)
{
    check(ralph_lock_release(take(workspace)), RALPH_LOCK_OK);
}

static int64_t spread(int threads)
{
    return use_others(root, threads, use);
}

static void prepare(const char *argument)
{
    struct rlimit files;
    int number;

    root = argument;
    snprintf(lock_file, sizeof lock_file, "%s/%s", root, RALPH_LOCK_FILE);
    for (number = 0; number < OTHERS; number++)
        if (asprintf(&others[number], "%s/others/%d", root, number) == -1)
            fail("asprintf");
    /* A waiter has some descriptors. */
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv)
{
    static const operation operations[] = {
        {"pair", pair, NULL},
        {"acquire", NULL, acquires},
        {"disk", NULL, disk},
        {"take", acquire, NULL},
        {"release", release, NULL},
        {"refused", refused, NULL},
        {"record", record, NULL},
        {"locked", locked, NULL},
        {"inspect", inspect, NULL},
        {"hold", NULL, hold},
        {"guard-memory", NULL, guard_memory},
        {"waiter-memory", NULL, waiter_memory},
        {"spread", NULL, spread},
        {NULL, NULL, NULL},
    };

    return work(argc, argv, prepare, operations);
}
