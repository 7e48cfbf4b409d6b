/* When the lock file is replaced during inspect, the answer is about the new file. */
#include "inspecting.h"

#include <sys/syscall.h>

static char *root, *file;
static process second;
static enum { NOTHING, FREE, HELD } replaced_by;

/* Replaces the library's flock(2): the file is replaced as soon as its lock was tried. */
int flock(int fd, int operation)
{
    int result = (int)syscall(SYS_flock, fd, operation);
    int code = errno;

    if (replaced_by != NOTHING) {
        bool held = replaced_by == HELD;

        replaced_by = NOTHING;
        CHECK(unlink(file) == 0);
        if (held)
            second = hold(root, "second");
        else
            write_file(file, "", 0);
    }
    errno = code;
    return result;
}

int main(void)
{
    process first;
    int descriptors;

    root = new_workspace();
    file = lock_file_of(root);

    /* The holder of the root still holds the workspace. */
    first = hold(root, "first");
    replaced_by = FREE;
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    CHECK(replaced_by == NOTHING);
    kill_hard(&first);

    first = hold_plainly(root, LOCK_EX);
    replaced_by = HELD;
    check_state(root, RALPH_LOCK_STATE_HELD, "second");
    dismiss(&first);
    kill_hard(&second);

    /* The answer about the old file would be STALE, or HELD without a record. */
    descriptors = open_descriptors();
    replaced_by = HELD;
    check_state(root, RALPH_LOCK_STATE_HELD, "second");
    kill_hard(&second);
    CHECK(open_descriptors() == descriptors);
    first = hold_plainly(root, LOCK_EX);
    replaced_by = FREE;
    check_state(root, RALPH_LOCK_STATE_FREE, NULL);
    dismiss(&first);
    return 0;
}
