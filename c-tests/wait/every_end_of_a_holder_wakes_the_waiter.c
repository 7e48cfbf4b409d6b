/* Release, exit, kill -9, a close without unlock and a release that a forked child outlives each wake a waiter. */
#include "check.h"

/* A holder that has no record and never unlocks: it closes. */
static void foreign_body(void *argument)
{
    int fd = open(argument, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0);
    say(&starter, 'h');
    hear(&starter);
    CHECK(close(fd) == 0);
    hear(&starter);
}

/* A holder whose forked child has the descriptor too, until the holder ends. */
static void forking_body(void *argument)
{
    ralph_lock_guard *guard = acquire(argument, "forks");
    int line[2];
    char letter;
    pid_t child;

    open_pipe(line);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(line[1]);
        _exit((int)read(line[0], &letter, 1));
    }
    say(&starter, 'h');
    CHECK(hear(&starter) == 'r');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    hear(&starter);
    CHECK(waitpid(child, NULL, WNOHANG) == 0);
}

static process hold_foreign(const char *root)
{
    process holder;

    write_file(lock_file_of(root), "", 0);
    holder = start(foreign_body, lock_file_of(root));
    CHECK(hear(&holder) == 'h');
    return holder;
}

static process hold_forking(const char *root)
{
    process holder = start(forking_body, path_of("%s", root));

    CHECK(hear(&holder) == 'h');
    return holder;
}

static process hold_plain(const char *root)
{
    return hold(root, "ends");
}

static void tell_release(process *holder)
{
    say(holder, 'r');
}

static void tell_exit(process *holder)
{
    say(holder, 'x');
}

static void tell_kill(process *holder)
{
    CHECK(kill(holder->pid, SIGKILL) == 0);
}

/* Milliseconds from the holder's end until the waiter had the lock. */
static double hand_off(process (*begin)(const char *), void (*end)(process *), way how)
{
    char *root = new_workspace();
    process holder = begin(root);
    process waiter = start_waiting(root, "next", how);
    double ended, took;

    CHECK(is_locked(root));
    ended = now_ms();
    end(&holder);
    CHECK(hear(&waiter) == 'g');
    took = now_ms() - ended;
    check_held(root, "next");
    say(&waiter, 'x');
    finish(&waiter);
    CHECK(is_blank(lock_file_of(root)));
    (void)kill(holder.pid, SIGKILL);
    reap(&holder);
    free(root);
    return took;
}

static void check_wakes(const char *what, process (*begin)(const char *), void (*end)(process *), way how)
{
    double took[3];
    int i;

    for (i = 0; i < 3; i++)
        if ((took[i] = hand_off(begin, end, how)) < LATE)
            return;
    fail(__FILE__, __LINE__, "%s (way %d) took %.0f, %.0f and %.0f ms", what, (int)how, took[0], took[1], took[2]);
}

int main(void)
{
    static const way ways[] = {BLOCKING, TIMED, STEPPED};
    size_t i;

    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        check_wakes("release", hold_plain, tell_release, ways[i]);
        check_wakes("exit", hold_plain, tell_exit, ways[i]);
        check_wakes("kill -9", hold_plain, tell_kill, ways[i]);
        check_wakes("close without unlock", hold_foreign, tell_release, ways[i]);
        check_wakes("kill -9 of a foreign holder", hold_foreign, tell_kill, ways[i]);
        check_wakes("release with a forked child", hold_forking, tell_release, ways[i]);
    }
    return 0;
}
