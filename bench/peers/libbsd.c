/* libbsd's pidfile(3bsd), measured: `libbsd ROOT`, see worker.h. It names the holder by its pid. */
#include "../ours/worker.h"

#include <errno.h>
#include <bsd/libutil.h>

static char path[4096];
static struct pidfh *held;

static void acquire(void)
{
    pid_t other;

    held = pidfile_open(path, 0600, &other);
    if (held == NULL || pidfile_write(held) == -1)
        fail(path);
}

static void release(void)
{
    if (pidfile_remove(held) == -1)
        fail(path);
}

static void pair(void)
{
    acquire();
    release();
}

static int64_t disk(int count)
{
    return releases_after_disk(count, path, acquire, release);
}

static void refused(void)
{
    pid_t other = 0;

    if (pidfile_open(path, 0600, &other) != NULL || errno != EEXIST || other <= 0)
        fail(path);
}

static void prepare(const char *argument)
{
    snprintf(path, sizeof path, "%s/pid", argument);
}

int main(int argc, char **argv)
{
    static const operation operations[] = {
        {"pair", pair, NULL},
        {"disk", NULL, disk},
        {"take", acquire, NULL},
        {"release", release, NULL},
        {"refused", refused, NULL},
        {NULL, NULL, NULL},
    };

    return work(argc, argv, prepare, operations);
}
