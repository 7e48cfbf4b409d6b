/* A wait notices a release, a removal or a replacement just before it sets its watch. */
#include "check.h"

#include <sys/inotify.h>
#include <sys/syscall.h>

static char *root;
static int held;
static void (*change)(void);

/* Replaces the library's inotify_add_watch(2). */
int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    if (change != NULL)
        change();
    change = NULL;
    return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

/* The holder is a program that knows only the file, like flock(1): it does not exclude other callers from a new one. */
static void released(void)
{
    CHECK(close(held) == 0);
    held = -1;
}

static void removed(void)
{
    CHECK(unlink(lock_file_of(root)) == 0);
}

static void replaced(void)
{
    char *other = path_of("%s/other", root);

    write_file(other, "", 0);
    CHECK(rename(other, lock_file_of(root)) == 0);
}

/* Each wait is a process of its own: events of an earlier one would wake the next early. */
static void body(void *argument)
{
    double begin;
    ralph_lock_guard *next;
    way how = *(way *)argument;

    write_file(lock_file_of(root), "", 0);
    held = open(lock_file_of(root), O_RDWR | O_CLOEXEC);
    CHECK(held >= 0 && flock(held, LOCK_EX) == 0);
    begin = now_ms();
    next = wait_for(root, "next", how);
    say(&starter, now_ms() - begin < LATE ? 'q' : 's');
    /* Otherwise the library does not call the replacement. */
    CHECK(change == NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(next, NULL));
    check_held(root, "next");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(next));
    if (held != -1)
        close(held);
}

static void check_noticed(void (*what)(void), way how)
{
    int attempt;
    bool slow = true;

    for (attempt = 0; slow; attempt++) {
        process child;

        CHECK(attempt < 3);
        root = new_workspace();
        change = what;
        child = start(body, &how);
        slow = hear(&child) == 's';
        finish(&child);
    }
}

int main(void)
{
    static const way ways[] = {TIMED, STEPPED};
    size_t i;

    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        check_noticed(released, ways[i]);
        check_noticed(removed, ways[i]);
        check_noticed(replaced, ways[i]);
    }
    return 0;
}
