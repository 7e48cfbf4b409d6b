/* When the path cannot be examined, before or after the lock was tried, adopt_fd fails and the lock stays with the
 * descriptor. */
#include "check.h"
#include "handover.h"
#include "looks.h"

static int looks_left = -1;

static int count_down(void)
{
    if (looks_left == 0)
        return EIO;
    looks_left -= looks_left > 0;
    return 0;
}

int main(void)
{
    char *root = new_workspace();
    int descriptors = open_descriptors(), fd = into_fd(acquire(root, "parent")), looks;
    process contender = start_contender(root);
    ralph_lock_guard *guard;
    ralph_lock_error *error;

    before_look = count_down;
    for (looks = 0; looks < 2; looks++) {
        looks_left = looks;
        CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_adopt_fd(root, "heir", NULL, fd, &guard, &error));
        looks_left = -1;
        CHECK(errno == EIO && ralph_lock_error_os_code(error) == EIO);
        CHECK(guard == NULL);
        ralph_lock_error_free(error);
        refused_again(&contender);
    }
    guard = adopt(root, "heir", fd);
    refused_again(&contender);
    end_contender(&contender);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(open_descriptors() == descriptors);
    check_free(root);
    return 0;
}
