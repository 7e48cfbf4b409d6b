/* A program that has locked the directory itself, as `flock .` does, holds the workspace; a prober's shared lock does
 * not. A caller that waits for the directory does not keep the lock file locked. */
#include "removing.h"

static char *root;

static void lock_directory(void *kind)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    CHECK(fd >= 0 && flock(fd, *(int *)kind | LOCK_NB) == 0);
    say(&starter, 'h');
    hear(&starter);
    CHECK(flock(fd, LOCK_UN) == 0);
    say(&starter, 'u');
    hear(&starter);
}

static process hold_directory(int kind)
{
    process child = start(lock_directory, &kind);

    CHECK(hear(&child) == 'h');
    return child;
}

static void end_holding(process *other)
{
    say(other, 'x');
    CHECK(hear(other) == 'u');
    say(other, 'x');
    finish(other);
}

/* Takes the file's lock as ralph-core does. It must succeed soon: no process holds it for more than an instant. */
static void check_file_is_free(void)
{
    int fd = open(lock_file_of(root), O_RDWR | O_CLOEXEC), tries;

    CHECK(fd >= 0);
    for (tries = 0; flock(fd, LOCK_EX | LOCK_NB) == -1; tries++) {
        CHECK(errno == EWOULDBLOCK && tries < 10000);
        sched_yield();
    }
    close(fd);
}

int main(void)
{
    process holder, waiters[3];
    int how, i;

    root = new_workspace();
    /* With the lock file, and without. */
    for (i = 0; i < 2; i++) {
        holder = hold_directory(LOCK_EX);
        check_root_held(root, holder.pid);
        for (how = 0; how < 3; how++)
            waiters[how] = start_waiting(root, "waits", (way)how);
        if (i == 1)
            check_file_is_free();
        end_holding(&holder);
        for (how = 0; how < 3; how++) {
            struct pollfd polled[3];
            int at;

            for (at = 0; at < 3; at++) {
                polled[at].fd = waiters[at].pid == 0 ? -1 : waiters[at].from;
                polled[at].events = POLLIN;
                polled[at].revents = 0;
            }
            CHECK(poll(polled, 3, -1) >= 1);
            for (at = 0; polled[at].revents == 0; at++)
                ;
            CHECK(hear(&waiters[at]) == 'g');
            say(&waiters[at], 'x');
            finish(&waiters[at]);
            waiters[at].pid = 0;
        }
        CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    }

    /* A shared lock held this long is not a holder, but blocks the acquire. */
    holder = hold_directory(LOCK_SH);
    CHECK(!is_locked(root));
    check_state(root, RALPH_LOCK_STATE_FREE, NULL);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
    CHECK(!is_locked(root));
    end_holding(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    return 0;
}
