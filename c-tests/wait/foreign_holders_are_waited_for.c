/* A waiter gets the lock when flock(1) or the holder of a shared lock releases it, and sleeps until then. */
#include "check.h"

#include <sys/resource.h>

/* Starts flock(1), which holds the lock until it is killed, or this process ends. */
static pid_t start_flock(const char *kind, const char *file)
{
    int in[2], out[2];
    char letter;
    pid_t child;

    open_pipe(in);
    open_pipe(out);
    fflush(NULL);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1);
        /* Its command does not inherit the descriptor: the lock ends with flock(1). */
        execlp("flock", "flock", "--close", kind, file, "sh", "-c", "echo locked; read line", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    if (read(out[0], &letter, 1) != 1)
        skip("flock(1) of util-linux is missing");
    close(out[0]);
    return child;
}

static void check_gets_it(const char *kind, way how)
{
    char *root = new_workspace();
    process waiter;
    pid_t foreign;

    write_file(lock_file_of(root), "", 0);
    foreign = start_flock(kind, lock_file_of(root));
    waiter = start_waiting(root, "next", how);
    CHECK(kill(foreign, SIGKILL) == 0);
    /* flock(1) may have opened the file read-only; closing it then raises no event, and the wait takes a second. */
    CHECK(hear(&waiter) == 'g');
    check_held(root, "next");
    CHECK(waitpid(foreign, NULL, 0) == foreign);
    say(&waiter, 'x');
    finish(&waiter);
}

static double milliseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static void timed_body(void *argument)
{
    ralph_lock_options *options = timeout_of(1500);
    struct rusage used;

    say(&starter, 'w');
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(argument, options));
    CHECK(getrusage(RUSAGE_SELF, &used) == 0);
    CHECK(milliseconds(used.ru_utime) + milliseconds(used.ru_stime) < 300);
}

static void idle_body(void *argument)
{
    (void)argument;
    hear(&starter);
}

/* The process on record ends, and the lock is still held. Its pidfd stays readable from then on, which must not keep
 * the waiter busy. */
static void check_quiet(int kind)
{
    char *root = new_workspace();
    process named = start(idle_body, NULL);
    char *record = path_of("{\"pid\":%d,\"started\":\"2026-11-22T16:00:00Z\",\"prompt\":\"ends\"}", (int)named.pid);
    process waiter;
    int fd;

    write_file(lock_file_of(root), record, strlen(record));
    fd = open(lock_file_of(root), O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0);
    waiter = start(timed_body, root);
    CHECK(hear(&waiter) == 'w');
    until_asleep(waiter.pid);
    CHECK(flock(fd, kind) == 0);
    kill_hard(&named);
    finish(&waiter);
    CHECK(close(fd) == 0);
}

int main(void)
{
    check_gets_it("--exclusive", BLOCKING);
    check_gets_it("--exclusive", TIMED);
    check_gets_it("--exclusive", STEPPED);
    check_gets_it("--shared", TIMED);
    check_gets_it("--shared", STEPPED);
    check_quiet(LOCK_EX);
    check_quiet(LOCK_SH);
    return 0;
}
