/* A child forked by another thread while the library holds a lock for an instant does not keep that lock. */
#include "check.h"
#include "looks.h"

#include <sys/file.h>
#include <sys/syscall.h>

static process child;
static bool forks, cannot_look, cannot_write;
/* How many flock calls to let pass before that. */
static int locks_left;

static void wait_for_the_end(void *unused)
{
    (void)unused;
    hear(&starter);
}

/* Replaces the library's flock(2): forks as soon as a lock is taken, as another thread might. */
int flock(int fd, int operation)
{
    int result = (int)syscall(SYS_flock, fd, operation);

    if (forks && result == 0 && operation != LOCK_UN && locks_left-- == 0) {
        forks = false;
        child = start(wait_for_the_end, NULL);
    }
    return result;
}

static int look_fails(void)
{
    return cannot_look ? EIO : 0;
}

/* Replaces the library's openat(2). */
int openat(int directory, const char *path, int flags, ...)
{
    if (cannot_write && (flags & O_ACCMODE) != O_RDONLY) {
        errno = EACCES;
        return -1;
    }
    return (int)syscall(SYS_openat, directory, path, flags, 0666);
}

/* The lock is free while the child lives. */
static void is_free(const char *root)
{
    CHECK(!forks);
    cannot_look = cannot_write = false;
    CHECK(try_only(root) == RALPH_LOCK_OK);
    say(&child, 'x');
    finish(&child);
}

static void fails(const char *root, int code)
{
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_try_acquire(root, "fails", &guard, NULL, NULL));
    CHECK(errno == code);
}

int main(void)
{
    char *root = new_workspace();
    int file;

    before_look = look_fails;
    CHECK(try_only(root) == RALPH_LOCK_OK);

    /* Asking takes a shared lock for an instant, of the file and of the root. */
    for (file = 0; file < 2; file++) {
        forks = true;
        locks_left = file;
        CHECK(!is_locked(root));
        is_free(root);
    }
    locks_left = 0;

    /* So does an acquire that may not write the file. */
    forks = cannot_write = true;
    fails(root, EACCES);
    is_free(root);

    /* So does an acquire that fails after its flock: of the file, or of both. */
    for (file = 0; file < 2; file++) {
        forks = cannot_look = true;
        locks_left = file;
        fails(root, EIO);
        is_free(root);
    }

    /* An acquire that creates the file tries the root first. */
    locks_left = 0;
    CHECK(unlink(lock_file_of(root)) == 0);
    forks = true;
    CHECK(try_only(root) == RALPH_LOCK_OK);
    is_free(root);
    return 0;
}
