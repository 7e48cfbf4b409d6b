/* A waiter's descriptor does not stay readable after the end of a process that a forked child still watches. */
#include "check.h"

static void idle_body(void *argument)
{
    (void)argument;
    hear(&starter);
}

int main(void)
{
    char *root = new_workspace();
    process named = start(idle_body, NULL);
    char *record = path_of("{\"pid\":%d,\"started\":\"2026-11-22T16:00:00Z\",\"prompt\":\"ends\"}", (int)named.pid);
    ralph_lock_waiter *waiter;
    ralph_lock_guard *guard;
    struct pollfd polled = {-1, POLLIN, 0};
    process child;
    int fd, steps;
    double begin;

    write_file(lock_file_of(root), record, strlen(record));
    fd = open(lock_file_of(root), O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "next", NULL, &waiter, NULL));
    polled.fd = ralph_lock_waiter_fd(waiter);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    /* The child has a copy of every descriptor. */
    child = start(idle_body, NULL);
    kill_hard(&named);
    /* A few steps are allowed; without a free inotify instance, one every 50 ms. */
    begin = now_ms();
    for (steps = 0; steps < 200 && poll(&polled, 1, 500) == 1; steps++)
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    CHECK(steps < 200 || now_ms() - begin > 1000);
    CHECK(flock(fd, LOCK_UN) == 0 && close(fd) == 0);
    while (ralph_lock_waiter_step(waiter, &guard, NULL, NULL) == RALPH_LOCK_ALREADY_LOCKED)
        CHECK(poll(&polled, 1, -1) == 1);
    CHECK(guard != NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    ralph_lock_waiter_free(waiter);
    say(&child, 'x');
    finish(&child);
    return 0;
}
