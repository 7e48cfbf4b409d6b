/* inspect_with, find_keepers_with and signal_holder_with ask about the lock file that the options name, and with NULL
 * about the workspace's own. */
#include "check.h"

static ralph_lock_state state_of(const char *root, const ralph_lock_options *options, const char *prompt)
{
    ralph_lock_state state;
    ralph_lock_metadata *metadata;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect_with(root, options, &state, &metadata, NULL));
    CHECK((metadata == NULL) == (prompt == NULL));
    if (prompt != NULL)
        CHECK_TEXT(prompt, ralph_lock_metadata_prompt(metadata));
    ralph_lock_metadata_free(metadata);
    return state;
}

static size_t keepers_of(const char *root, const ralph_lock_options *options)
{
    uint32_t pid = 0;
    size_t count;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers_with(root, options, &pid, 1, &count, NULL));
    CHECK(pid == (count == 0 ? 0 : (uint32_t)getpid()));
    return count;
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_options *deploy = timeout_of(0), *freed = ralph_lock_options_new();
    ralph_lock_guard *guard;
    ralph_lock_state state;
    size_t count;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(deploy, "deploy.lock"));
    CHECK(state_of(root, deploy, NULL) == RALPH_LOCK_STATE_FREE);
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_signal_holder_with(root, deploy, 0, NULL));
    CHECK(keepers_of(root, deploy) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_acquire_with(root, "deploys", deploy, &guard, NULL, NULL));
    CHECK(state_of(root, deploy, "deploys") == RALPH_LOCK_STATE_HELD);
    CHECK(state_of(root, NULL, NULL) == RALPH_LOCK_STATE_FREE);
    CHECK(keepers_of(root, deploy) == 1 && keepers_of(root, NULL) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder_with(root, deploy, 0, NULL));
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_signal_holder_with(root, NULL, 0, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    guard = acquire(root, "works");
    CHECK(state_of(root, NULL, "works") == RALPH_LOCK_STATE_HELD);
    CHECK(state_of(root, deploy, NULL) == RALPH_LOCK_STATE_FREE);
    CHECK(keepers_of(root, NULL) == 1 && keepers_of(root, deploy) == 0);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    ralph_lock_options_free(freed);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_inspect_with(root, freed, &state, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_find_keepers_with(root, freed, NULL, 0, &count, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_signal_holder_with(root, freed, 0, NULL));
    ralph_lock_options_free(deploy);
    return 0;
}
