/* A shared flock(2) held for long counts as a holder without a record: ALREADY_LOCKED, no metadata. */
#include "check.h"

#include <sys/file.h>

static void hold_shared(void *root)
{
    int fd = open(lock_file_of(root), O_RDONLY);

    CHECK(fd != -1);
    CHECK(flock(fd, LOCK_SH) == 0);
    say(&starter, 'h');
    hear(&starter);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    const char *leftover = "{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"dead\"}";
    process foreign;
    int descriptors;

    /* A dead holder's record is not taken for its own. */
    write_file(lock_file_of(root), leftover, strlen(leftover));
    foreign = start(hold_shared, root);
    CHECK(hear(&foreign) == 'h');
    descriptors = open_descriptors();

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "me", &guard, &holder, &error));
    CHECK(guard == NULL);
    CHECK(holder == NULL);
    CHECK(ralph_lock_error_status(error) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK(ralph_lock_error_os_code(error) == 0);
    CHECK(open_descriptors() == descriptors);
    CHECK_TEXT(leftover, read_file(lock_file_of(root), NULL));

    kill_hard(&foreign);
    CHECK(try_only(root) == RALPH_LOCK_OK);
    return 0;
}
