/* A program that closes all its descriptors, as daemons do, loses its lock. verify and release report LOST and leave
 * the files that have these descriptor numbers now alone. */
#include "check.h"

#include <sys/syscall.h>

static void close_all(void)
{
    if (syscall(SYS_close_range, 3, ~0U, 0) == -1) {
        int fd;

        for (fd = 3; fd < 1024; fd++)
            close(fd);
    }
}

static void wait_for_the_end(void *unused)
{
    (void)unused;
    hear(&starter);
}

static void check_reused(int first, bool forks)
{
    char *root = new_workspace();
    char *precious = path_of("%s/precious", root);
    char text[4000];
    ralph_lock_guard *guard = acquire(root, "careless");
    ralph_lock_error *error;
    process child;
    int fds[8], i;

    memset(text, 'p', sizeof text);
    if (forks) {
        child = start(wait_for_the_end, NULL);
        kill_hard(&child);
    }
    close_all();
    /* The guard's two descriptor numbers, reused in both orders. */
    for (i = 0; i < 8; i++) {
        fds[i] = open(i % 2 == first ? precious : path_of("%s/precious-%d", root, i), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        CHECK(fds[i] >= 3);
        CHECK(write(fds[i], text, sizeof text) == (ssize_t)sizeof text);
    }
    CHECK(flock(fds[first], LOCK_EX) == 0);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, &error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_restore(guard, NULL, NULL));
    /* The lock is free, and the next holder is not affected. */
    CHECK(!is_locked(root));
    child = hold(root, "next");
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release(guard));
    check_held(root, "next");
    for (i = 0; i < 8; i++) {
        struct stat found;

        CHECK(fstat(fds[i], &found) == 0 && found.st_size == (off_t)sizeof text);
    }
    CHECK(strspn(read_file(precious, NULL), "p") == sizeof text);
    i = open(precious, O_RDWR | O_CLOEXEC);
    CHECK(flock(i, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    kill_hard(&child);
}

static void check_closed(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "careless");
    ralph_lock_error *error;
    int32_t fd;

    close_all();
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_into_fd(guard, &fd, &error));
    CHECK(fd == -1);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
}

/* Waits, waiters and tokens, whose descriptors are closed and the numbers reused. */
static void check_waiting(void)
{
    char *root = new_workspace();
    process holder = hold(root, "holder");
    ralph_lock_waiter *waiter;
    ralph_lock_cancel *cancel;
    ralph_lock_guard *guard;
    ralph_lock_options *options = timeout_of(20);
    int fds[32], pipes[2], i;
    char letter;

    if (!HAS_WAITERS)
        return;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(root, options));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "waits", NULL, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    dup2(holder.to, 2000);
    dup2(holder.from, 2001);
    for (i = 3; i < 1000; i++)
        close(i);
    CHECK(pipe(pipes) == 0);
    for (i = 0; i < 32; i += 2) {
        fds[i] = dup(pipes[0]);
        fds[i + 1] = dup(pipes[1]);
    }
    CHECK(write(pipes[1], "a", 1) == 1);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    ralph_lock_waiter_free(waiter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    ralph_lock_cancel_free(cancel);
    /* The next wait opens its own descriptors. */
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(root, options));
    for (i = 0; i < 32; i++)
        CHECK(fcntl(fds[i], F_GETFD) != -1);
    CHECK(fcntl(pipes[0], F_SETFL, O_NONBLOCK) == 0);
    CHECK(read(pipes[0], &letter, 1) == 1 && letter == 'a');
    CHECK(read(pipes[0], &letter, 1) == -1 && errno == EAGAIN);
    holder.to = 2000;
    holder.from = 2001;
    kill_hard(&holder);
    ralph_lock_options_free(options);
}

static void in_a_process(int number)
{
    if (number < 4)
        check_reused(number % 2, number >= 2);
    else if (number == 4)
        check_closed();
    else
        check_waiting();
}

static void body(void *number)
{
    in_a_process(*(int *)number);
    _exit(0);
}

int main(void)
{
    int number;

    for (number = 0; number < 6; number++) {
        process child = start(body, &number);

        finish(&child);
    }
    return 0;
}
