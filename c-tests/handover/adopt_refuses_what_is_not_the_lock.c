/* adopt_fd refuses a descriptor of another file, or one that cannot be used; the descriptor stays open and the lock
 * does not change. */
#include "check.h"
#include "handover.h"

#include <limits.h>

static char *root;

/* The state of the descriptor and of the lock, taken before and after a call. */
typedef struct state {
    int descriptors;
    int fd_flags;
    int file_flags;
    char *text;
} state;

static state look(int fd)
{
    state found = {open_descriptors(), fcntl(fd, F_GETFD), fcntl(fd, F_GETFL), NULL};

    if (access(lock_file_of(root), F_OK) == 0)
        found.text = read_file(lock_file_of(root), NULL);
    return found;
}

static void check_refused_with(ralph_lock_status expected, const char *prompt, const ralph_lock_options *options,
                               int fd, const char *reason)
{
    state before = look(fd), after;
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    int i;

    for (i = 0; i < 2; i++) {
        ralph_lock_error **place = i == 0 ? &error : NULL;

        guard = (ralph_lock_guard *)8;
        CHECK_STATUS(expected, ralph_lock_adopt_fd(root, prompt, options, fd, &guard, place));
        CHECK(guard == NULL);
    }
    CHECK_STATUS(expected, ralph_lock_error_status(error));
    if (strstr(ralph_lock_error_message(error), reason) == NULL)
        fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", ralph_lock_error_message(error), reason);
    ralph_lock_error_free(error);
    after = look(fd);
    CHECK(after.descriptors == before.descriptors);
    CHECK(after.fd_flags == before.fd_flags && after.file_flags == before.file_flags);
    CHECK((before.text == NULL) == (after.text == NULL));
    if (before.text != NULL)
        CHECK_TEXT(before.text, after.text);
    free(before.text);
    free(after.text);
}

static void check_refused(ralph_lock_status expected, int fd, const char *reason)
{
    check_refused_with(expected, "adopter", NULL, fd, reason);
    if (fd >= 0)
        close(fd);
}

static int opened(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0666);

    CHECK(fd >= 0);
    return fd;
}

/* Invalid arguments, with a descriptor that has the lock. */
static void check_arguments(int fd)
{
    state before = look(fd), after;
    ralph_lock_options *options = ralph_lock_options_new();
    ralph_lock_guard *guard;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_adopt_fd(root, "p", NULL, fd, NULL, &error));
    CHECK_TEXT("guard is NULL", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_adopt_fd(root, "p", NULL, fd, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_adopt_fd(NULL, "p", NULL, fd, &guard, &error));
    CHECK_TEXT("workspace_root is NULL", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_adopt_fd("", "p", NULL, fd, &guard, NULL));
    check_refused_with(RALPH_LOCK_INVALID_ARGUMENT, NULL, NULL, fd, "prompt is NULL");
    check_refused_with(RALPH_LOCK_INVALID_ARGUMENT, "\xff", NULL, fd, "prompt");
    ralph_lock_options_free(options);
    check_refused_with(RALPH_LOCK_INVALID_HANDLE, "p", options, fd, "options");
    options = ralph_lock_options_new();
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, ".ralph/other.lock"));
    check_refused_with(RALPH_LOCK_INVALID_ARGUMENT, "p", options, fd, "other.lock");
    CHECK(access(path_of("%s/.ralph/other.lock", root), F_OK) == -1);
    ralph_lock_options_free(options);
    after = look(fd);
    CHECK(after.descriptors == before.descriptors);
    CHECK_TEXT(before.text, after.text);
}

int main(void)
{
    char *elsewhere = new_workspace(), *path, *record;
    int numbers[] = {-1, INT_MIN, INT_MAX, 4095}, pair[2], fd, i;
    ralph_lock_guard *guard;
    process holder, contender;
    ralph_lock_guard *other;

    root = new_workspace();
    path = lock_file_of(root);
    other = acquire(elsewhere, "another workspace's");
    guard = acquire(root, "holder");
    contender = start_contender(root);
    refused_again(&contender);
    for (i = 0; i < 4; i++)
        check_refused(RALPH_LOCK_INVALID_ARGUMENT, numbers[i], path_of("%d is not an open descriptor", numbers[i]));

    /* Descriptors of other files, and of other kinds. */
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, opened(path_of("%s/file", root), O_RDWR | O_CREAT), "another file");
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, opened("/dev/null", O_RDWR), "another file");
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, opened(root, O_RDONLY), "reading and writing");
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, opened(root, O_PATH), "reading and writing");
    open_pipe(pair);
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, pair[0], "reading and writing");
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, pair[1], "reading and writing");
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, pair[0], "another file");
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, pair[1], "another file");
    CHECK(mkfifo(path_of("%s/fifo", root), 0666) == 0);
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, opened(path_of("%s/fifo", root), O_RDWR), "another file");
    fd = into_fd(other);
    check_refused_with(RALPH_LOCK_INVALID_ARGUMENT, "p", NULL, fd, "another file");
    check_holder(elsewhere, getpid(), "another workspace's");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(adopt(elsewhere, "p", fd)));
    check_free(elsewhere);

    /* The right file, opened by a process that does not hold the lock. */
    check_refused(RALPH_LOCK_ALREADY_LOCKED, opened(path, O_RDWR), "is locked by");
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, opened(path, O_RDONLY), "reading and writing");
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, opened(path, O_WRONLY), "reading and writing");
    check_refused(RALPH_LOCK_INVALID_ARGUMENT, opened(path, O_PATH), "reading and writing");
    check_holder(root, getpid(), "holder");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));

    /* A descriptor of the lock, with another argument that is invalid. */
    fd = into_fd(guard);
    check_arguments(fd);
    check_holder(root, getpid(), "holder");
    refused_again(&contender);
    guard = adopt(root, "still", fd);
    check_holder(root, getpid(), "still");
    refused_again(&contender);
    end_contender(&contender);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_free(root);

    /* A descriptor that has the lock and cannot be used. */
    numbers[0] = O_RDONLY;
    numbers[1] = O_WRONLY;
    numbers[2] = O_RDWR | O_APPEND;
    for (i = 0; i < 3; i++) {
        fd = opened(path, numbers[i]);
        CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0);
        check_refused_with(RALPH_LOCK_INVALID_ARGUMENT, "p", NULL, fd, i == 2 ? "appends" : "reading and writing");
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
        close(fd);
        check_free(root);
    }

    /* Held by another process: the holder is named. */
    holder = hold(root, "another process");
    fd = opened(path, O_RDWR);
    check_refused(RALPH_LOCK_ALREADY_LOCKED, fd, path_of("%d", (int)holder.pid));
    check_holder(root, holder.pid, "another process");
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    say(&holder, 'x');
    finish(&holder);
    check_free(root);

    /* Removed, and then replaced, under the descriptor. */
    fd = into_fd(acquire(root, "removed"));
    CHECK(unlink(path) == 0);
    check_refused_with(RALPH_LOCK_LOST, "p", NULL, fd, path);
    CHECK(access(path, F_OK) == -1);
    guard = acquire(root, "replaced it");
    record = read_file(path, NULL);
    check_refused(RALPH_LOCK_LOST, fd, path);
    CHECK_TEXT(record, read_file(path, NULL));
    check_holder(root, getpid(), "replaced it");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_free(root);
    return 0;
}
