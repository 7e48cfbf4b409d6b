/* On some file systems a caller that is refused the exclusive lock keeps its shared one. An acquirer then unlocks it;
 * otherwise contenders would block each other without end. */
#define flock flock_of_probing
#include "probing.h"
#undef flock

static bool has_shared, was_refused;
static int refusals;

int flock(int fd, int operation);

/* What GlusterFS does when it refuses each upgrade. */
int flock(int fd, int operation)
{
    int result;

    CHECK(!was_refused || operation == LOCK_UN);
    was_refused = has_shared && operation == (LOCK_EX | LOCK_NB);
    if (was_refused) {
        refusals++;
        errno = EWOULDBLOCK;
        return -1;
    }
    result = (int)syscall(SYS_flock, fd, operation);
    if (result == 0)
        has_shared = (operation & LOCK_SH) != 0;
    return result;
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_options *options = timeout_of(200);
    int fd;

    /* FUSE. */
    kind = 0x65735546;
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    fd = open(lock_file_of(root), O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0);
    /* A slow prober. */
    CHECK(syscall(SYS_flock, fd, LOCK_SH) == 0);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, wait_only(root, options));
    CHECK(refusals > 1 && !was_refused);
    refusals = 0;
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
    CHECK(refusals > 1 && !was_refused);
    CHECK(syscall(SYS_flock, fd, LOCK_UN) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    ralph_lock_options_free(options);
    return 0;
}
