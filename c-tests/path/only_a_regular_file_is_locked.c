/* A link, FIFO, directory, socket or device in the lock file's place is refused at once, named for what it is, and left
 * untouched. */
#include "check.h"
#include "privileges.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

static const char *const FILE_PATH = "./" RALPH_LOCK_FILE;

/* Checks that every function refuses it with this OS error and these words. */
static void check_refused(int os_code, const char *what)
{
    int descriptors = open_descriptors();
    ralph_lock_error *error = cannot_acquire(".", os_code);
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    struct stat before, after;
    bool locked = true;
    /* The message does not advise removing a directory. */
    const char *remedy = os_code == EISDIR ? "choose another path, or move it away" : "remove it";

    CHECK_TEXT(path_of("%s is %s, and a lock file must be a regular file: %s", FILE_PATH, what, remedy),
               ralph_lock_error_message(error));
    CHECK_TEXT(FILE_PATH, ralph_lock_error_path(error));
    ralph_lock_error_free(error);

    CHECK(lstat(FILE_PATH, &before) == 0);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_acquire_blocking(".", "p", &guard, &error));
    CHECK(errno == os_code && ralph_lock_error_os_code(error) == os_code);
    CHECK(strstr(ralph_lock_error_message(error), what) != NULL);
    CHECK(guard == NULL);
    ralph_lock_error_free(error);

    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_read_existing(".", &metadata, &error));
    CHECK(errno == os_code && ralph_lock_error_os_code(error) == os_code);
    CHECK(strstr(ralph_lock_error_message(error), what) != NULL);
    CHECK(metadata == NULL);
    ralph_lock_error_free(error);

    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_is_locked(".", &locked, &error));
    CHECK(errno == os_code && ralph_lock_error_os_code(error) == os_code);
    CHECK(strstr(ralph_lock_error_message(error), what) != NULL);
    CHECK(!locked);
    ralph_lock_error_free(error);

    CHECK(lstat(FILE_PATH, &after) == 0);
    CHECK(before.st_ino == after.st_ino && before.st_mode == after.st_mode);
    CHECK(open_descriptors() == descriptors);
}

static void symbolic_link(void)
{
    struct timespec long_ago[2] = {{1000000000, 0}, {1000000000, 0}};
    struct stat found;

    /* A blank target is what a careless acquire would write to. */
    write_file("./target", "  \n", 3);
    CHECK(utimensat(AT_FDCWD, "target", long_ago, 0) == 0);
    CHECK(symlink("../target", FILE_PATH) == 0);
    CHECK(stat(FILE_PATH, &found) == 0);
    check_refused(ELOOP, "a symbolic link");
    CHECK(stat("target", &found) == 0);
    CHECK(found.st_size == 3 && found.st_mtim.tv_sec == 1000000000 && found.st_mtim.tv_nsec == 0);
    CHECK_TEXT("  \n", read_file("target", NULL));

    /* A dangling link: nothing is created at its target. */
    CHECK(unlink("target") == 0);
    check_refused(ELOOP, "a symbolic link");
    CHECK(lstat("target", &found) == -1);
    CHECK(unlink(FILE_PATH) == 0);
}

static void directory(void)
{
    CHECK(mkdir(FILE_PATH, 0777) == 0);
    check_refused(EISDIR, "a directory");
    CHECK(rmdir(FILE_PATH) == 0);
}

static void fifo(void)
{
    char byte;
    int end;

    CHECK(mkfifo(FILE_PATH, 0666) == 0);
    check_refused(EINVAL, "a FIFO");
    /* With a reader at the other end a write would succeed; and no function waits for it. */
    end = open(FILE_PATH, O_RDONLY | O_NONBLOCK);
    CHECK(end != -1 && flock(end, LOCK_EX) == 0);
    check_refused(EINVAL, "a FIFO");
    CHECK(read(end, &byte, 1) == 0);
    CHECK(close(end) == 0);
    CHECK(unlink(FILE_PATH) == 0);
}

static void socket_node(void)
{
    struct sockaddr_un address = {AF_UNIX, RALPH_LOCK_FILE};
    int end = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK(end != -1 && bind(end, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(end, 1) == 0);
    check_refused(EINVAL, "a socket");
    CHECK(close(end) == 0);
    check_refused(EINVAL, "a socket");
    CHECK(unlink(FILE_PATH) == 0);
}

static void device(void)
{
    if (mknod(FILE_PATH, S_IFCHR | 0666, makedev(1, 3)) == -1) {
        printf("mknod(2) fails here: %s\n", strerror(errno));
        return;
    }
    check_refused(EINVAL, "a device");
    CHECK(unlink(FILE_PATH) == 0);
}

static void check_fifo_refused(void *unused)
{
    (void)unused;
    check_refused(EINVAL, "a FIFO");
}

/* Naming the object takes no permission for it. */
static void unwritable_fifo(void)
{
    CHECK(mkfifo(FILE_PATH, 0666) == 0);
    CHECK(chmod(FILE_PATH, 0444) == 0);
    run_unprivileged(check_fifo_refused, NULL);
    CHECK(chmod(FILE_PATH, 0000) == 0);
    run_unprivileged(check_fifo_refused, NULL);
}

int main(void)
{
    /* Relative paths, because a socket address holds only a short one. */
    CHECK(chdir(new_workspace()) == 0 && chmod(".", 0755) == 0);
    CHECK(mkdir(".ralph", 0777) == 0);
    symbolic_link();
    directory();
    fifo();
    socket_node();
    device();
    CHECK_STATUS(RALPH_LOCK_OK, try_only("."));
    CHECK(unlink(FILE_PATH) == 0);
    unwritable_fifo();
    return 0;
}
