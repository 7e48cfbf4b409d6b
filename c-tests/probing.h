/* Imitates other file systems: some of the library's system calls are answered here. */
#ifndef PROBING_H
#define PROBING_H

#include "check.h"

#include <sys/syscall.h>
#include <sys/vfs.h>

/* What flock(2) does: what the kernel does, fail with that errno value, or grant every request. */
static int locks_fail_with;
static bool locks_lie;

/* Called before a lock is given up. */
static void (*at_unlock)(void);

/* The type that fstatfs(2) reports for every file system; 0: the true one. */
static long kind;

/* Whether O_TMPFILE fails, and how many more files can be opened. */
static bool every_file_has_a_name;
static int opens_left = 1 << 30;

int flock(int fd, int operation)
{
    if (operation == LOCK_UN && at_unlock != NULL)
        at_unlock();
    if (locks_fail_with != 0) {
        errno = locks_fail_with;
        return -1;
    }
    return locks_lie ? 0 : (int)syscall(SYS_flock, fd, operation);
}

/* On 32 bits the library calls the one with 64-bit fields. */
#if defined __GLIBC__ && __SIZEOF_POINTER__ == 4
#define fstatfs fstatfs64
#define statfs statfs64
#endif

int fstatfs(int fd, struct statfs *found)
{
    char path[40];
    int result;

    /* Not on the heap: some programs compare its size. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    result = statfs(path, found);
    if (kind != 0)
        found->f_type = (__typeof__(found->f_type))kind;
    return result;
}

int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;

    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list arguments;

        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if (every_file_has_a_name && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (opens_left-- <= 0) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

#ifdef __GLIBC__
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
#endif

/* How many files a folder has. */
UNUSED static int files_in(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;

    CHECK(folder != NULL);
    while (readdir(folder) != NULL)
        count++;
    CHECK(closedir(folder) == 0);
    return count - 2;
}

/* The probe's verdict; checks that it leaves no file or descriptor behind. */
UNUSED static ralph_lock_filesystem probe(const char *root)
{
    int descriptors = open_descriptors();
    int files = files_in(root);
    ralph_lock_filesystem verdict;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_probe_filesystem(root, &verdict, &error));
    CHECK(error == NULL);
    CHECK(open_descriptors() == descriptors);
    CHECK(files_in(root) == files);
    return verdict;
}

/* Checks that the probe fails with that errno value and leaves nothing behind. */
UNUSED static void cannot_probe(const char *root, int os_code)
{
    int descriptors = open_descriptors();
    ralph_lock_filesystem verdict = RALPH_LOCK_FILESYSTEM_LOCAL;
    ralph_lock_error *error;

    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_probe_filesystem(root, &verdict, &error));
    CHECK(errno == os_code);
    CHECK(verdict == RALPH_LOCK_FILESYSTEM_UNKNOWN);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_error_status(error));
    CHECK(ralph_lock_error_os_code(error) == os_code);
    CHECK(strstr(ralph_lock_error_message(error), root) != NULL);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_probe_filesystem(root, &verdict, NULL));
    CHECK(open_descriptors() == descriptors);
}

#endif
