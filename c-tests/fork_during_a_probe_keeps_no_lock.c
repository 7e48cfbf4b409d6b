/* A child forked while another thread asks "is it locked?" does not keep the lock of that instant. */
#include "check.h"

#include <sys/file.h>
#include <sys/syscall.h>

static process child;
static bool armed;

static void wait_for_the_end(void *unused)
{
    (void)unused;
    hear(&starter);
}

/* The library's flock: forks when a shared lock has just been taken, as another thread might. */
int flock(int fd, int operation)
{
    int result = (int)syscall(SYS_flock, fd, operation);

    if (armed && result == 0 && (operation & LOCK_SH) != 0) {
        armed = false;
        child = start(wait_for_the_end, NULL);
    }
    return result;
}

int main(void)
{
    char *root = new_workspace();

    CHECK(try_only(root) == RALPH_LOCK_OK);
    armed = true;
    CHECK(!is_locked(root));
    CHECK(!armed);

    CHECK(try_only(root) == RALPH_LOCK_OK);
    say(&child, 'x');
    finish(&child);
    return 0;
}
