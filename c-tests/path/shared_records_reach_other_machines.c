/* On a shared file system a record is sent to the server before acquire returns, and blanked there before the lock is
 * free. A read asks the server instead of this machine's cache. */
#include "probing.h"

static int syncs, syncs_at_unlock, questions;

static void note_syncs(void)
{
    syncs_at_unlock = syncs;
}

int fsync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fsync, fd);
}

/* The flags that the library sets for a read past the page cache. */
int fcntl(int fd, int command, ...)
{
    va_list arguments;
    long argument;

    va_start(arguments, command);
    argument = va_arg(arguments, long);
    va_end(arguments);
    if (command == F_SETFL && (argument & O_DIRECT) != 0)
        questions++;
    return (int)syscall(SYS_fcntl, fd, command, argument);
}

#ifdef __GLIBC__
int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));
#endif

static void check_questions(bool shared, const char *what)
{
    if ((questions > 0) != shared)
        fail(__FILE__, __LINE__, "%s asked %d times", what, questions);
    questions = 0;
}

static void check_calls(bool shared)
{
    char *root = new_workspace();
    ralph_lock_metadata *metadata;
    ralph_lock_guard *guard;
    ralph_lock_state state;
    int per_call = shared ? 1 : 0;

    kind = shared ? 0x65735546 : 0xef53;
    at_unlock = note_syncs;
    guard = acquire(root, "sent");
    CHECK(syncs == per_call);
    questions = 0;
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &metadata, NULL));
    ralph_lock_metadata_free(metadata);
    check_questions(shared, "read_existing");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(root, &state, NULL, NULL));
    CHECK(state == RALPH_LOCK_STATE_HELD);
    check_questions(shared, "inspect");
    check_held(root, "sent");
    check_questions(shared, "a refusal");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(syncs == 2 * per_call);
    CHECK(syncs_at_unlock == 2 * per_call);
}

static void on_ext4(void *unused)
{
    (void)unused;
    check_calls(false);
}

int main(void)
{
    /* A process determines the type of each device once. */
    process other = start(on_ext4, NULL);

    finish(&other);
    check_calls(true);
    return 0;
}
