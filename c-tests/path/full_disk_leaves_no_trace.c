/* On a full disk an acquire that cannot write fails with ENOSPC and leaves a blank file and a free lock; a lock that
 * was held and released before can be taken again. */
#include "check.h"
#include "privileges.h"

#include <sys/statvfs.h>

/* Fills the disk to the last byte. */
static void fill(const char *root)
{
    char *path = path_of("%s/filler", root);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    char byte = 'x';

    CHECK(file != -1);
    while (write(file, &byte, 1) == 1)
        continue;
    CHECK(errno == ENOSPC);
    CHECK(close(file) == 0);
}

static void make_room(const char *root)
{
    CHECK(unlink(path_of("%s/filler", root)) == 0);
}

static unsigned long free_blocks(const char *root)
{
    struct statvfs found;

    CHECK(statvfs(root, &found) == 0);
    return (unsigned long)found.f_bfree;
}

static void check_no_room(const char *root, const char *prompt)
{
    int descriptors = open_descriptors();
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;

    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_try_acquire(root, prompt, &guard, NULL, &error));
    CHECK(errno == ENOSPC && ralph_lock_error_os_code(error) == ENOSPC);
    CHECK(strstr(ralph_lock_error_message(error), lock_file_of(root)) != NULL);
    CHECK(guard == NULL);
    ralph_lock_error_free(error);
    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_acquire_blocking(root, prompt, &guard, NULL));
    CHECK(errno == ENOSPC);
    CHECK(guard == NULL);

    CHECK(is_blank(lock_file_of(root)));
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(root, &metadata, NULL));
    CHECK(!is_locked(root));
    CHECK(open_descriptors() == descriptors);
}

/* Every step from acquire to release works. */
static void check_works(const char *root)
{
    process holder = hold(root, "short");

    check_held(root, "short");
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    CHECK(is_blank(lock_file_of(root)));
    CHECK(!is_locked(root));
    say(&holder, 'x');
    finish(&holder);
}

int main(void)
{
    char *root = new_workspace();
    char *big = remember(malloc((1 << 20) + 1));
    unsigned long blocks;
    process holder;

    CHECK(big != NULL);
    memset(big, 'x', 1 << 20);
    big[1 << 20] = '\0';
    have_private_mounts();
    if (mount("none", root, "tmpfs", 0, "size=16k") == -1)
        skip("this user cannot mount a small disk");

    /* The first acquire ever, with no room at all. */
    fill(root);
    check_no_room(root, "short");
    make_room(root);
    check_works(root);

    /* The file has kept its block. */
    fill(root);
    check_works(root);
    check_works(root);
    make_room(root);

    /* Filled up while it is held. */
    holder = hold(root, "held");
    fill(root);
    check_held(root, "held");
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    CHECK(is_blank(lock_file_of(root)));
    say(&holder, 'x');
    finish(&holder);
    check_works(root);

    /* A dead holder's record leaves room for the next one. */
    holder = hold(root, "dies");
    kill_hard(&holder);
    check_works(root);
    make_room(root);

    /* A prompt that fits only in part: what was written of it is removed. The .gitignore exists already. */
    CHECK(unlink(lock_file_of(root)) == 0);
    check_works(root);
    CHECK(unlink(lock_file_of(root)) == 0);
    blocks = free_blocks(root);
    CHECK(blocks > 0);
    check_no_room(root, big);
    CHECK(free_blocks(root) == blocks);
    check_works(root);
    check_no_room(root, big);
    check_works(root);
    return 0;
}
