/* inspect distinguishes FREE, HELD and STALE, returns the record that belongs to the answer, and changes neither the
 * file nor its lock. */
#include "inspecting.h"
#include "privileges.h"

/* As ralph-core writes it. */
#define CORE_RECORD "{\n  \"pid\": %d,\n  \"started\": \"2026-01-01T00:00:00Z\",\n  \"prompt\": \"core\"\n}"

/* No object has this address: a result that keeps it was not cleared. */
#define FULL(type) ((type *)8)

static void free_locks(const char *root)
{
    const char *texts[] = {"", "  \n", "no record", "{\"pid\": 1}", "{\"pid\": 1, \"started\": \"2026-01-01T0"};
    char *file = lock_file_of(root);
    size_t i;

    check_state(root, RALPH_LOCK_STATE_FREE, NULL);
    CHECK(access(path_of("%s/.ralph", root), F_OK) == -1);
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file(file, texts[i], strlen(texts[i]));
        check_state(root, RALPH_LOCK_STATE_FREE, NULL);
        CHECK_TEXT(texts[i], read_file(file, NULL));
    }
    CHECK(unlink(file) == 0);
}

static void held_locks(const char *root)
{
    process holder = hold(root, "the holder");
    ralph_lock_metadata *metadata;
    ralph_lock_guard *guard;
    ralph_lock_state state;

    CHECK(look(root, &metadata) == RALPH_LOCK_STATE_HELD);
    CHECK(ralph_lock_metadata_pid(metadata) == (uint32_t)holder.pid);
    CHECK_TEXT("the holder", ralph_lock_metadata_prompt(metadata));
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_LIVE);
    ralph_lock_metadata_free(metadata);
    /* The state alone. */
    state = RALPH_LOCK_STATE_FREE;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(root, &state, NULL, NULL));
    CHECK(state == RALPH_LOCK_STATE_HELD);
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    check_state(root, RALPH_LOCK_STATE_FREE, NULL);
    dismiss(&holder);

    guard = acquire(root, "myself");
    check_state(root, RALPH_LOCK_STATE_HELD, "myself");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_state(root, RALPH_LOCK_STATE_FREE, NULL);
}

static void nameless_locks(const char *root)
{
    const char *texts[] = {"", "  \n", "no record"};
    process holder;
    size_t i;

    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file(lock_file_of(root), texts[i], strlen(texts[i]));
        holder = hold_plainly(root, LOCK_EX);
        check_state(root, RALPH_LOCK_STATE_HELD, NULL);
        dismiss(&holder);
        check_state(root, RALPH_LOCK_STATE_FREE, NULL);
        /* A shared lock is a prober's. */
        holder = hold_plainly(root, LOCK_SH);
        check_state(root, RALPH_LOCK_STATE_FREE, NULL);
        dismiss(&holder);
    }
}

static void stale_locks(const char *root)
{
    char *file = lock_file_of(root);
    uint32_t dead = (uint32_t)leave_record(root, "killed");
    char *record = read_file(file, NULL);
    ralph_lock_metadata *metadata;
    process other;

    CHECK(look(root, &metadata) == RALPH_LOCK_STATE_STALE);
    CHECK(ralph_lock_metadata_pid(metadata) == dead);
    CHECK_TEXT("killed", ralph_lock_metadata_prompt(metadata));
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_DEAD);
    ralph_lock_metadata_free(metadata);
    other = hold_plainly(root, LOCK_SH);
    check_state(root, RALPH_LOCK_STATE_STALE, "killed");
    dismiss(&other);
    CHECK_TEXT(record, read_file(file, NULL));

    record = path_of(CORE_RECORD, 1);
    write_file(file, record, strlen(record));
    check_state(root, RALPH_LOCK_STATE_STALE, "core");
    /* A record that ralph-core left says nothing about a later holder. */
    other = hold_plainly(root, LOCK_EX);
    check_state(root, RALPH_LOCK_STATE_HELD, NULL);
    check_held_by_an_unknown_holder(root);
    /* While ralph-core holds the lock, the record is its own. */
    record = path_of(CORE_RECORD, (int)other.pid);
    write_file(file, record, strlen(record));
    check_state(root, RALPH_LOCK_STATE_HELD, "core");
    check_held(root, "core");
    dismiss(&other);
    CHECK_TEXT(record, read_file(file, NULL));
    CHECK(try_only(root) == RALPH_LOCK_OK);
    check_state(root, RALPH_LOCK_STATE_FREE, NULL);
}

/* The answers for a user without write permission. */
static void held_body(void *unused)
{
    (void)unused;
    check_state(".", RALPH_LOCK_STATE_HELD, "privileged");
}

static void stale_body(void *unused)
{
    (void)unused;
    check_state(".", RALPH_LOCK_STATE_STALE, "privileged");
}

static void free_body(void *unused)
{
    (void)unused;
    check_state(".", RALPH_LOCK_STATE_FREE, NULL);
}

static void unreadable_body(void *unused)
{
    ralph_lock_state state = RALPH_LOCK_STATE_HELD;
    ralph_lock_metadata *metadata = FULL(ralph_lock_metadata);
    ralph_lock_error *error;

    (void)unused;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_inspect(".", &state, &metadata, &error));
    CHECK(errno == EACCES && ralph_lock_error_os_code(error) == EACCES);
    CHECK(state == RALPH_LOCK_STATE_FREE && metadata == NULL);
    ralph_lock_error_free(error);
}

static void locks_of_others(const char *root)
{
    process holder;

    /* The directories above may be closed to other users; the current directory needs no path. */
    CHECK(chdir(root) == 0 && chmod(".", 0755) == 0);
    CHECK(unlink(RALPH_LOCK_FILE) == 0);
    holder = hold(".", "privileged");
    CHECK(chmod(RALPH_LOCK_FILE, 0444) == 0 && chmod(".ralph", 0555) == 0);
    run_unprivileged(held_body, NULL);
    kill_hard(&holder);
    run_unprivileged(stale_body, NULL);
    CHECK(chmod(RALPH_LOCK_FILE, 0000) == 0);
    run_unprivileged(unreadable_body, NULL);
    CHECK(chmod(".ralph", 0755) == 0 && unlink(RALPH_LOCK_FILE) == 0 && chmod(".ralph", 0555) == 0);
    run_unprivileged(free_body, NULL);
    CHECK(chmod(".ralph", 0755) == 0);
}

static void refused(const char *name, const char *root, bool with_state)
{
    ralph_lock_state state = RALPH_LOCK_STATE_HELD;
    ralph_lock_metadata *metadata = FULL(ralph_lock_metadata);
    ralph_lock_error *error = FULL(ralph_lock_error);

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT,
                 ralph_lock_inspect(root, with_state ? &state : NULL, &metadata, &error));
    CHECK(metadata == NULL);
    CHECK(state == (with_state ? RALPH_LOCK_STATE_FREE : RALPH_LOCK_STATE_HELD));
    CHECK_TEXT(path_of("%s is NULL", name), ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_inspect(root, with_state ? &state : NULL, NULL, NULL));
}

int main(void)
{
    char *root = new_workspace();
    int descriptors = open_descriptors();

    free_locks(root);
    held_locks(root);
    nameless_locks(root);
    stale_locks(root);
    refused("workspace_root", NULL, true);
    refused("state", root, false);
    CHECK(open_descriptors() == descriptors);
    locks_of_others(root);
    CHECK(open_descriptors() == descriptors);
    return 0;
}
