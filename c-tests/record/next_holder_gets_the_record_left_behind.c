/* guard_previous returns the record that a dead holder or ralph-core left in the file, at each call; after a release
 * there is none. */
#include "holders.h"

static const char CORE[] = "{\n  \"pid\": 7,\n  \"started\": \"2026-11-22T16:00:00Z\",\n  \"prompt\": \"core's\"\n}";

static void check_previous(const ralph_lock_guard *guard, const char *prompt, pid_t pid, ralph_lock_liveness liveness)
{
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    int i;

    for (i = 0; i < 3; i++) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_previous(guard, &metadata, &error));
        CHECK(error == NULL);
        CHECK(ralph_lock_metadata_pid(metadata) == (uint32_t)pid);
        CHECK_TEXT(prompt, ralph_lock_metadata_prompt(metadata));
        CHECK(ralph_lock_metadata_liveness(metadata) == liveness);
        ralph_lock_metadata_free(metadata);
    }
}

static void check_none(const ralph_lock_guard *guard, const char *root)
{
    ralph_lock_metadata *metadata = (ralph_lock_metadata *)8;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_guard_previous(guard, &metadata, &error));
    CHECK(metadata == NULL);
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_error_status(error));
    CHECK_TEXT(lock_file_of(root), ralph_lock_error_path(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_guard_previous(guard, &metadata, NULL));
}

static void check_refused(const ralph_lock_guard *guard, ralph_lock_status status, const char *message)
{
    ralph_lock_metadata *metadata = (ralph_lock_metadata *)8;
    ralph_lock_error *error;

    CHECK_STATUS(status, ralph_lock_guard_previous(guard, &metadata, &error));
    CHECK(metadata == NULL);
    CHECK_STATUS(status, ralph_lock_error_status(error));
    CHECK(strstr(ralph_lock_error_message(error), message) != NULL);
    ralph_lock_error_free(error);
    CHECK_STATUS(status, ralph_lock_guard_previous(guard, &metadata, NULL));
}

/* Kills a holder. */
static pid_t crash(const char *root, const char *prompt)
{
    process holder = hold(root, prompt);

    kill_hard(&holder);
    return holder.pid;
}

/* A forked child asks its copy of the guard. */
static ralph_lock_guard *inherited;
static pid_t crashed;

static void child_body(void *root)
{
    ralph_lock_guard *own = acquire(path_of("%s/child", (char *)root), "the child's own");

    check_previous(inherited, "crashed", crashed, RALPH_LOCK_LIVENESS_DEAD);
    check_none(own, path_of("%s/child", (char *)root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(inherited));
    check_refused(inherited, RALPH_LOCK_INVALID_HANDLE, "guard");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(own));
}

static void check_every_way_to_wait(const char *root)
{
    way how;

    for (how = BLOCKING; how <= STEPPED; how++) {
        pid_t pid = crash(root, "crashed");
        ralph_lock_guard *guard = wait_for(root, "next", how);

        check_previous(guard, "crashed", pid, RALPH_LOCK_LIVENESS_DEAD);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
        guard = wait_for(root, "next", how);
        check_none(guard, root);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
}

/* Text that is not a record, and a blank file. */
static void check_no_record(const char *root, const char *text)
{
    ralph_lock_guard *guard;

    write_file(lock_file_of(root), text, strlen(text));
    guard = acquire(root, "next");
    check_none(guard, root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_guard *guard = acquire(root, "the first");
    ralph_lock_metadata *kept;
    ralph_lock_error *error;
    process child;
    int32_t fd;

    check_none(guard, root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    guard = acquire(root, "after a clean end");
    check_none(guard, root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    /* After a crash, and in a forked child. */
    CHECK(mkdir(path_of("%s/child", root), 0777) == 0);
    crashed = crash(root, "crashed");
    inherited = acquire(root, "after a crash");
    check_previous(inherited, "crashed", crashed, RALPH_LOCK_LIVENESS_DEAD);
    child = start(child_body, root);
    finish(&child);
    check_previous(inherited, "crashed", crashed, RALPH_LOCK_LIVENESS_DEAD);
    /* The result belongs to the caller and outlives the guard. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_previous(inherited, &kept, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(inherited));
    CHECK_TEXT("crashed", ralph_lock_metadata_prompt(kept));
    ralph_lock_metadata_free(kept);
    guard = acquire(root, "after the first");
    check_none(guard, root);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    check_every_way_to_wait(root);

    write_file(lock_file_of(root), CORE, strlen(CORE));
    guard = acquire(root, "after ralph-core");
    check_previous(guard, "core's", 7, RALPH_LOCK_LIVENESS_UNKNOWN);

    /* An adopted lock was never free. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_into_fd(guard, &fd, NULL));
    check_refused(guard, RALPH_LOCK_INVALID_HANDLE, "guard");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_adopt_fd(root, "adopted", NULL, fd, &guard, NULL));
    check_none(guard, root);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_guard_previous(guard, NULL, &error));
    CHECK_TEXT("metadata is NULL", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_refused(guard, RALPH_LOCK_INVALID_HANDLE, "guard");
    check_refused(NULL, RALPH_LOCK_INVALID_ARGUMENT, "guard is NULL");

    check_no_record(root, "");
    check_no_record(root, " \n\n");
    check_no_record(root, "{\"pid\": 1, \"prompt\": \"half a rec");
    return 0;
}
