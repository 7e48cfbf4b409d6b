/* When write(2) takes only a few bytes at a time, the record is still written whole, and blanked whole. */
#include "check.h"

#include <sys/uio.h>

static int writes;

/* Replaces the library's pwrite(2). */
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    struct iovec part = {(void *)bytes, length < 7 ? length : 7};

    writes++;
    return pwritev(fd, &part, 1, offset);
}

int main(void)
{
    char *root = new_workspace();
    char *prompt = path_of("%05000d", 0);
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    guard = acquire(root, "seven bytes at a time");
    CHECK(writes > 10);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &holder, NULL));
    CHECK_TEXT("seven bytes at a time", ralph_lock_metadata_prompt(holder));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(lock_file_of(root)));

    guard = acquire(root, prompt);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &holder, NULL));
    CHECK_TEXT(prompt, ralph_lock_metadata_prompt(holder));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(lock_file_of(root)));
    return 0;
}
