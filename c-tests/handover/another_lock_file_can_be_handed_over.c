/* A lock on another file of the workspace is handed over like the workspace's own, by options that name it. */
#include "check.h"
#include "handover.h"

static char *root;
static ralph_lock_options *options;

/* Checks that the other lock is held. */
static void check_other_held(pid_t pid, const char *prompt)
{
    ralph_lock_options *once = timeout_of(0);
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(once, "locks/merge.lock"));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_acquire_with(root, "try", once, &guard, &holder, NULL));
    CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)pid);
    CHECK_TEXT(prompt, ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
    ralph_lock_options_free(once);
}

static void heir(void *argument)
{
    int fd = *(int *)argument;
    ralph_lock_guard *guard;

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_adopt_fd(root, "heir", NULL, fd, &guard, NULL));
    check_other_held(starter.pid, "parent");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_adopt_fd(root, "heir", options, fd, &guard, NULL));
    CHECK_TEXT(path_of("%s/locks/merge.lock", root), ralph_lock_guard_path(guard));
    say(&starter, 'a');
    CHECK(hear(&starter) == 'r');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    say(&starter, 'r');
    hear(&starter);
}

int main(void)
{
    ralph_lock_guard *guard;
    process child;
    int fd;

    root = new_workspace();
    /* A timeout in them changes nothing. */
    options = timeout_of(100000);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, "locks/merge.lock"));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_with(root, "parent", options, &guard, NULL, NULL));
    fd = into_fd(guard);
    child = start(heir, &fd);
    CHECK(hear(&child) == 'a');
    close(fd);
    check_other_held(child.pid, "heir");
    /* The workspace's own lock is not involved. */
    CHECK(access(lock_file_of(root), F_OK) == -1);
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    say(&child, 'r');
    CHECK(hear(&child) == 'r');
    CHECK(is_blank(path_of("%s/locks/merge.lock", root)));
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    say(&child, 'x');
    finish(&child);
    return 0;
}
