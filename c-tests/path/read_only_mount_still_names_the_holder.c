/* On a read-only mount a refusal names the holder; a free lock, or a missing lock file, is EROFS. */
#include "inspecting.h"
#include "privileges.h"

static void check_fails(const char *view)
{
    ralph_lock_guard *guard;

    ralph_lock_error_free(cannot_acquire(view, EROFS));
    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_acquire_blocking(view, "p", &guard, NULL));
    CHECK(errno == EROFS);
    CHECK(guard == NULL);
}

int main(void)
{
    char *root = new_workspace();
    char *view = new_workspace();
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    process holder;

    have_private_mounts();
    CHECK(mount(root, view, "none", MS_BIND, "") == 0);
    if (mount("none", view, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, "") == -1)
        skip("a mount cannot be made read-only here");

    /* No .ralph, then no lock file in it. */
    check_fails(view);
    CHECK(!is_locked(view));
    check_state(view, RALPH_LOCK_STATE_FREE, NULL);
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(view, &metadata, NULL));
    CHECK(mkdir(path_of("%s/.ralph", root), 0777) == 0);
    check_fails(view);

    holder = hold(root, "on the writable side");
    CHECK(is_locked(view));
    check_state(view, RALPH_LOCK_STATE_HELD, "on the writable side");
    check_held(view, "on the writable side");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(view, &metadata, NULL));
    CHECK(ralph_lock_metadata_pid(metadata) == (uint32_t)holder.pid);
    ralph_lock_metadata_free(metadata);

    /* A dead holder's record stays: no process can blank it here. */
    kill_hard(&holder);
    CHECK(!is_locked(view));
    check_state(view, RALPH_LOCK_STATE_STALE, "on the writable side");
    check_fails(view);
    error = cannot_acquire(view, EROFS);
    CHECK_TEXT(lock_file_of(view), ralph_lock_error_path(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(view, &metadata, NULL));
    CHECK_TEXT("on the writable side", ralph_lock_metadata_prompt(metadata));
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    return 0;
}
