/* Release, exit and kill -9 each free the lock; only a release leaves the file blank. */
#include "check.h"

int main(void)
{
    char *root = new_workspace();
    char *file = lock_file_of(root);
    ralph_lock_metadata *left;
    process holder;

    holder = hold(root, "releases");
    CHECK(is_locked(root));
    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    CHECK(!is_locked(root));
    CHECK(is_blank(file));
    CHECK(try_only(root) == RALPH_LOCK_OK);
    say(&holder, 'x');
    finish(&holder);

    holder = hold(root, "exits");
    say(&holder, 'x');
    finish(&holder);
    CHECK(!is_locked(root));
    CHECK(!is_blank(file));
    CHECK(try_only(root) == RALPH_LOCK_OK);
    CHECK(is_blank(file));

    holder = hold(root, "is killed");
    kill_hard(&holder);
    CHECK(!is_locked(root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &left, NULL));
    CHECK(ralph_lock_metadata_pid(left) == (uint32_t)holder.pid);
    CHECK_TEXT("is killed", ralph_lock_metadata_prompt(left));
    ralph_lock_metadata_free(left);
    CHECK(try_only(root) == RALPH_LOCK_OK);
    CHECK(is_blank(file));
    return 0;
}
