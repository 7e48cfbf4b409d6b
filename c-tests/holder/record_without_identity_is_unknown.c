/* A record without identity, like ralph-core's, or with other contents under "holder" is read. Its process is UNKNOWN,
 * even if a process has that pid; so is that of a handle that is not metadata. */
#include "holders.h"

static const char *const HOLDERS[] = {
    "",
    ",\"holder\":null",
    ",\"holder\":true",
    ",\"holder\":7",
    ",\"holder\":-1e400",
    ",\"holder\":\"me\"",
    ",\"holder\":[]",
    ",\"holder\":[\"me\",1]",
    ",\"holder\":{}",
    ",\"holder\":{\"name\":\"me\",\"more\":{\"pid\":1}}",
    ",\"holder\":{\"host\":null,\"boot_id\":null,\"pid_ns\":null,\"start_time\":null}",
    ",\"holder\":{\"host\":1,\"boot_id\":[2],\"pid_ns\":\"3\",\"start_time\":-4}",
    ",\"holder\":{\"pid_ns\":18446744073709551616,\"start_time\":0.5}",
    ",\"host\":\"h\",\"boot_id\":\"b\",\"pid_ns\":1,\"start_time\":2",
};

static void check_unknown(ralph_lock_metadata *metadata)
{
    CHECK(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_UNKNOWN);
    CHECK(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_UNKNOWN);
    CHECK(ralph_lock_metadata_host(metadata) == NULL);
    CHECK(ralph_lock_metadata_local_pid(metadata) == 0);
}

static void check_record(uint32_t pid, const char *holder)
{
    char *root = new_workspace();
    char *record = path_of("{\"pid\":%u,\"started\":\"2026-11-22T16:00:00Z\",\"prompt\":\"p\"%s}", (unsigned)pid, holder);
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_options *options = timeout_of(1);
    ralph_lock_state state;
    int fd;

    write_file(lock_file_of(root), record, strlen(record));
    metadata = on_record(root);
    CHECK(ralph_lock_metadata_pid(metadata) == pid);
    CHECK_TEXT("p", ralph_lock_metadata_prompt(metadata));
    check_unknown(metadata);
    ralph_lock_metadata_free(metadata);
    check_unknown(metadata);

    /* The same while that process holds the lock. While another one does, the holder is unknown. */
    fd = open(lock_file_of(root), O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "second", &guard, &metadata, NULL));
    CHECK(ralph_lock_metadata_pid(metadata) == (pid == (uint32_t)getpid() ? pid : 0));
    check_unknown(metadata);
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(root, &state, &metadata, NULL));
    CHECK(state == RALPH_LOCK_STATE_HELD);
    CHECK(ralph_lock_metadata_pid(metadata) == (pid == (uint32_t)getpid() ? pid : 0));
    ralph_lock_metadata_free(metadata);
    CHECK_STATUS(RALPH_LOCK_TIMED_OUT, ralph_lock_acquire_with(root, "waits", options, &guard, &metadata, NULL));
    CHECK(ralph_lock_metadata_pid(metadata) == (pid == (uint32_t)getpid() ? pid : 0));
    ralph_lock_metadata_free(metadata);
    ralph_lock_options_free(options);
    CHECK(close(fd) == 0);
}

int main(void)
{
    process dead = hold(new_workspace(), "dies");
    size_t i;

    kill_hard(&dead);
    for (i = 0; i < sizeof HOLDERS / sizeof *HOLDERS; i++) {
        check_record((uint32_t)getpid(), HOLDERS[i]);
        check_record((uint32_t)dead.pid, HOLDERS[i]);
    }
    check_unknown(NULL);
    check_unknown((ralph_lock_metadata *)8);
    return 0;
}
