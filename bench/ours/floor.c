/* The floor: the system calls of the library, in its order and with its arguments, and nothing else. No lock that
 * keeps its promises can be faster. `floor ROOT`: see worker.h; `make bench` compares the calls with the library's. */
#include "worker.h"
#include "floors.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_FILE ".ralph/loop.lock"

static char path[4096];
static const char *root;

static void check(int ok)
{
    if (!ok)
        fail("floor");
}

/* The lock file and the root, both locked. */
typedef struct both {
    int file, root;
} both;

static both take(const char *workspace, const char *path_of_file)
{
    struct stat found, there, directory;
    char text[512];
    both taken;
    ssize_t size;

    taken.file = open(path_of_file, O_RDWR | ALWAYS);
    if (taken.file == -1)
        taken.file = open(path_of_file, O_RDWR | O_CREAT | ALWAYS, 0666);
    check(taken.file != -1 && flock(taken.file, LOCK_EX | LOCK_NB) == 0 && fstat(taken.file, &found) == 0);
    taken.root = open(workspace, O_RDONLY | O_DIRECTORY | O_NOCTTY | O_CLOEXEC);
    check(taken.root != -1 && fstat(taken.root, &directory) == 0 && flock(taken.root, LOCK_EX | LOCK_NB) == 0);
    check(fstatat(taken.root, LOCK_FILE, &there, AT_SYMLINK_NOFOLLOW) == 0 && found.st_ino == there.st_ino);
    if (there.st_size > 0) {
        size = pread(taken.file, text, (size_t)there.st_size + 1, 0);
        check(size == there.st_size && (size_t)size < sizeof text && text[0] == ' ');
    }
    check(pwrite(taken.file, record, length, 0) == (ssize_t)length);
    return taken;
}

/* The descriptors are compared before use, because the program could have closed them meanwhile. */
static void give_up(both taken)
{
    struct stat found;

    check(fstat(taken.root, &found) == 0 && flock(taken.root, LOCK_UN) == 0);
    check(fstat(taken.file, &found) == 0 && pwrite(taken.file, blanks, length, 0) == (ssize_t)length);
    check(flock(taken.file, LOCK_UN) == 0 && close(taken.file) == 0 && close(taken.root) == 0);
}

static both held;

static void acquire(void)
{
    held = take(root, path);
}

static void release(void)
{
    give_up(held);
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

/* Read twice: two equal reads are no mixture. */
static pid_t read_record(int fd, off_t size)
{
    char text[512], again[512];

    check((size_t)size < sizeof text);
    check(pread(fd, text, (size_t)size + 1, 0) == size && pread(fd, again, (size_t)size + 1, 0) == size);
    check(memcmp(text, again, (size_t)size) == 0);
    return (pid_t)strtol(text + strlen("{\n  \"pid\": "), NULL, 10);
}

static void refused(void)
{
    struct stat found;
    int fd = open(path, O_RDWR | ALWAYS);
    char name[64], first;

    check(fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1 && flock(fd, LOCK_SH | LOCK_NB) == -1);
    check(fstat(fd, &found) == 0);
    snprintf(name, sizeof name, "/proc/%d/exe", (int)read_record(fd, found.st_size));
    check(readlink(name, &first, 1) == 1);
    close(fd);
}

static void read_it(void)
{
    struct stat found;
    int fd = open(path, O_RDONLY | ALWAYS);

    check(fd != -1 && fstat(fd, &found) == 0);
    check(read_record(fd, found.st_size) != 0);
    close(fd);
}

/* The root is opened before the lock is tried, so that a shared lock is held for as few calls as can be. */
static int open_root(void)
{
    struct stat directory;
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_NOCTTY | O_CLOEXEC);

    check(fd != -1 && fstat(fd, &directory) == 0);
    return fd;
}

static void locked(void)
{
    struct stat found, there;
    int fd = open(path, O_RDONLY | ALWAYS), at, free;

    check(fd != -1 && fstat(fd, &found) == 0);
    at = open_root();
    free = flock(fd, LOCK_SH | LOCK_NB) == 0;
    if (free)
        check(flock(at, LOCK_SH | LOCK_NB) == 0);
    check(fstatat(at, LOCK_FILE, &there, AT_SYMLINK_NOFOLLOW) == 0 && found.st_ino == there.st_ino);
    if (free)
        check(flock(at, LOCK_UN) == 0 && flock(fd, LOCK_UN) == 0);
    close(fd);
    close(at);
}

static void inspect(void)
{
    struct stat found, there;
    int fd = open(path, O_RDONLY | ALWAYS), at;
    pid_t pid;

    check(fd != -1);
    at = open_root();
    check(flock(fd, LOCK_SH | LOCK_NB) == -1 && fstat(fd, &found) == 0);
    pid = read_record(fd, found.st_size);
    check(fstatat(at, LOCK_FILE, &there, AT_SYMLINK_NOFOLLOW) == 0 && found.st_ino == there.st_ino);
    check(kill(pid, 0) == 0 && identify((int)pid));
    close(fd);
    close(at);
}

static void use(const char *workspace)
{
    char file[4096];

    snprintf(file, sizeof file, "%s/" LOCK_FILE, workspace);
    give_up(take(workspace, file));
}

static int64_t spread(int threads)
{
    return use_others(root, threads, use);
}

/* The parts of it that threads can do at the same time: only open and close, and work without system calls. */

static void open_it(const char *workspace)
{
    char file[4096];
    int fd;

    snprintf(file, sizeof file, "%s/" LOCK_FILE, workspace);
    fd = open(file, O_RDWR | O_CREAT | ALWAYS, 0666);
    check(fd != -1);
    close(fd);
}

static int64_t spread_opens(int threads)
{
    return use_others(root, threads, open_it);
}

static void compute(const char *workspace)
{
    volatile unsigned number = (unsigned)(size_t)workspace;
    int left;

    for (left = 1000; left > 0; left--)
        number = number * 3 + 1;
}

static int64_t spread_computing(int threads)
{
    return use_others(root, threads, compute);
}

static void prepare(const char *argument)
{
    root = argument;
    snprintf(path, sizeof path, "%s/" LOCK_FILE, root);
    make_record();
}

int main(int argc, char **argv)
{
    static const operation operations[] = {
        {"pair", pair, NULL},
        {"disk", NULL, disk},
        {"take", acquire, NULL},
        {"release", release, NULL},
        {"refused", refused, NULL},
        {"record", read_it, NULL},
        {"locked", locked, NULL},
        {"inspect", inspect, NULL},
        {"spread", NULL, spread},
        {"spread-opens", NULL, spread_opens},
        {"spread-computing", NULL, spread_computing},
        {NULL, NULL, NULL},
    };

    return work(argc, argv, prepare, operations);
}
