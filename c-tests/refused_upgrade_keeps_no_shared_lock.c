/* A file system can leave the shared lock to who is refused the exclusive one. Who waits gives it up then, or
 * those who wait would be in each other's way for ever. */
#define flock flock_of_probing
#include "probing.h"
#undef flock

static bool has_shared;

int flock(int fd, int operation);

/* As GlusterFS does it, for one that is refused an upgrade each time. */
int flock(int fd, int operation)
{
    int result;

    if (has_shared && operation == (LOCK_EX | LOCK_NB)) {
        errno = EWOULDBLOCK;
        return -1;
    }
    result = (int)syscall(SYS_flock, fd, operation);
    if (result == 0)
        has_shared = (operation & LOCK_SH) != 0;
    return result;
}

/* Whether a process has a lock of that file, of any kind. */
static bool has_lock(pid_t pid, ino_t inode)
{
    FILE *locks = fopen("/proc/locks", "r");
    unsigned long locked;
    char line[256];
    bool found = false;
    int owner;

    if (locks == NULL)
        skip("there is no /proc/locks");
    while (!found && fgets(line, sizeof line, locks) != NULL)
        found = sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%lu", &owner, &locked) == 2 && owner == pid &&
                locked == inode;
    CHECK(fclose(locks) == 0);
    return found;
}

static void wait_long(void *root)
{
    kind = 0x65735546;
    wait_only(root, timeout_of(100000));
}

int main(void)
{
    char *root = new_workspace();
    struct stat found;
    process waiter;
    double end;
    int fd;

    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    fd = open(lock_file_of(root), O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0 && fstat(fd, &found) == 0);
    /* Somebody who only asks, and takes his time. */
    CHECK(syscall(SYS_flock, fd, LOCK_SH) == 0);
    waiter = start(wait_long, root);
    while (!has_lock(waiter.pid, found.st_ino))
        CHECK(waitpid(waiter.pid, NULL, WNOHANG) == 0);
    for (end = now_ms() + 30000; has_lock(waiter.pid, found.st_ino);)
        CHECK(now_ms() < end);
    kill_hard(&waiter);
    return 0;
}
