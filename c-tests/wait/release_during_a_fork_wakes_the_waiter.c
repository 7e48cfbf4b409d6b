/* A release while another thread is inside fork wakes a waiter, although the child has the descriptor by then. */
#include "check.h"
#include "threads.h"

#include <pthread.h>

static ralph_lock_guard *guard;

/* Runs in the parent after the child was created and before the library's own handler. */
static void release(void)
{
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

static void holder_body(void *argument)
{
    int line[2];
    char letter;
    pid_t child;

    CHECK(pthread_atfork(NULL, release, NULL) == 0);
    guard = acquire(argument, "forks");
    open_pipe(line);
    say(&starter, 'h');
    CHECK(hear(&starter) == 'f');
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(line[1]);
        _exit((int)read(line[0], &letter, 1));
    }
    hear(&starter);
    CHECK(waitpid(child, NULL, WNOHANG) == 0);
}

static double hand_off(void)
{
    char *root = new_workspace();
    process holder = start(holder_body, root), waiter;
    double forked, took;

    CHECK(hear(&holder) == 'h');
    waiter = start_waiting(root, "next", TIMED);
    forked = now_ms();
    say(&holder, 'f');
    CHECK(hear(&waiter) == 'g');
    took = now_ms() - forked;
    say(&waiter, 'x');
    finish(&waiter);
    say(&holder, 'x');
    finish(&holder);
    return took;
}

int main(void)
{
    int attempt;

    for (attempt = 0; hand_off() > LATE; attempt++)
        CHECK(attempt < 2);
    return 0;
}
