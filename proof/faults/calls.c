/* System calls: their names, and their possible errors. */
#include "calls.h"

#include <ctype.h>
#include <sys/epoll.h>
#include <sys/uio.h>

static const struct {
    long number;
    const char *name;
} names[] = {
    {SYS_open, "open"}, {SYS_openat, "open"}, {SYS_close, "close"}, {SYS_flock, "flock"}, {SYS_mkdir, "mkdir"},
    {SYS_mkdirat, "mkdir"}, {SYS_stat, "stat"}, {SYS_lstat, "stat"}, {SYS_newfstatat, "stat"}, {SYS_statx, "stat"},
    {SYS_fstat, "fstat"}, {SYS_fstatfs, "fstatfs"}, {SYS_pread64, "pread"}, {SYS_pwrite64, "pwrite"},
    {SYS_read, "read"}, {SYS_write, "write"}, {SYS_ftruncate, "ftruncate"}, {SYS_fsync, "fsync"},
    {SYS_utimensat, "utimensat"}, {SYS_fcntl, "fcntl"}, {SYS_poll, "poll"}, {SYS_ppoll, "ppoll"},
    {SYS_nanosleep, "nanosleep"}, {SYS_clock_nanosleep, "nanosleep"}, {SYS_eventfd2, "eventfd"},
    {SYS_inotify_init1, "inotify_init"}, {SYS_inotify_add_watch, "inotify_add_watch"},
    {SYS_inotify_rm_watch, "inotify_rm_watch"}, {SYS_epoll_create1, "epoll_create"}, {SYS_epoll_ctl, "epoll_ctl"},
    {SYS_timerfd_create, "timerfd_create"}, {SYS_timerfd_settime, "timerfd_settime"},
    {SYS_pidfd_open, "pidfd_open"}, {SYS_pidfd_send_signal, "pidfd_send_signal"}, {SYS_kill, "kill"},
    {SYS_getpid, "getpid"}, {SYS_uname, "uname"}, {SYS_getdents64, "getdents"}, {SYS_lseek, "lseek"},
    {SYS_mmap, "mmap"}, {SYS_munmap, "munmap"}, {SYS_madvise, "madvise"}, {SYS_mprotect, "mprotect"},
    {SYS_unlink, "unlink"}, {SYS_unlinkat, "unlink"}, {SYS_fchown, "fchown"}, {SYS_fchmod, "fchmod"},
    {SYS_geteuid, "geteuid"}, {SYS_readlink, "readlink"}, {SYS_getcwd, "getcwd"},
    {SYS_fgetxattr, "fgetxattr"},
    {SYS_brk, "brk"}, {SYS_mremap, "mremap"}, {SYS_futex, "futex"}, {SYS_getrandom, "getrandom"},
};

const char *name_of_call(long number)
{
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number)
            return names[i].name;
    fprintf(stderr, "system call %ld has no name here\n", number);
    broken(__FILE__, __LINE__, "every system call has a name");
}

/* Which of the tested errors each call can give, by the manual pages (section 2, and for network file systems the
 * protocol). Calls that are not listed fail only for invalid arguments. A non-blocking eventfd gives only EAGAIN. */
static const struct {
    const char *name;
    int codes[12];
} possible[] = {
    {"open", {EINTR, EMFILE, ENFILE, ENOMEM, EIO, ENOSPC, EDQUOT, EACCES, EROFS, ESTALE}},
    {"flock", {EINTR, EIO, ENOLCK, ENOSYS, EOPNOTSUPP, ESTALE}},
    {"mkdir", {EINTR, ENOMEM, EIO, ENOSPC, EDQUOT, EACCES, EROFS, ESTALE}},
    {"unlink", {EINTR, ENOMEM, EIO, EACCES, EROFS, ESTALE}},
    {"stat", {EINTR, ENOMEM, EIO, EACCES, ESTALE}},
    {"fstat", {EINTR, ENOMEM, EIO, ESTALE}},
    {"fchown", {EINTR, EIO, EACCES, EROFS, ESTALE}},
    {"fchmod", {EINTR, EIO, EACCES, EROFS, ESTALE}},
    {"fgetxattr", {ENOMEM, EIO, EOPNOTSUPP, ESTALE}},
    {"readlink", {EINTR, ENOMEM, EIO, EACCES, ESTALE}},
    {"fstatfs", {EINTR, ENOMEM, EIO, ENOSYS, ESTALE}},
    {"pread", {EINTR, ENOMEM, EIO, ESTALE}},
    {"pwrite", {EINTR, EIO, ENOSPC, EDQUOT, ESTALE}},
    {"read inotify", {EINTR, EIO}},
    {"ftruncate", {EINTR, EIO, ENOSPC, EDQUOT, EROFS, ESTALE}},
    {"fsync", {EINTR, EIO, ENOSPC, EDQUOT, EROFS, ESTALE}},
    {"utimensat", {EINTR, EIO, ENOSPC, EDQUOT, EACCES, EROFS, ENOSYS, ESTALE}},
    {"close", {EINTR, EIO, ENOSPC, EDQUOT}},
    {"fcntl F_DUPFD", {EMFILE, ENOMEM}},
    {"fcntl F_DUPFD_CLOEXEC", {EMFILE, ENOMEM}},
    {"poll", {EINTR, ENOMEM}},
    {"ppoll", {EINTR, ENOMEM}},
    {"nanosleep", {EINTR}},
    {"eventfd", {EMFILE, ENFILE, ENOMEM, ENOSYS}},
    {"inotify_init", {EMFILE, ENFILE, ENOMEM, ENOSYS}},
    {"inotify_add_watch", {ENOMEM, ENOSPC, EACCES, ENOSYS}},
    {"epoll_create", {EMFILE, ENFILE, ENOMEM, ENOSYS}},
    {"epoll_ctl", {ENOMEM, ENOSPC}},
    {"timerfd_create", {EMFILE, ENFILE, ENOMEM, ENOSYS}},
    {"pidfd_open", {EMFILE, ENFILE, ENOMEM, ENOSYS}},
    {"pidfd_send_signal", {ENOSYS}},
    {"getdents", {EINTR, ENOMEM, EIO}},
    {"mmap", {ENOMEM}},
    {"madvise", {ENOMEM, EIO}},
    {"munmap", {ENOMEM}},
};

bool is_call(const char *label, const char *name)
{
    size_t length = strlen(name);

    return strncmp(label, name, length) == 0 && (label[length] == '\0' || label[length] == ' ');
}

const int *errors_of(const char *label)
{
    static const int none[1] = {0};
    size_t i;

    for (i = 0; i < sizeof possible / sizeof *possible; i++)
        if (is_call(label, possible[i].name))
            return possible[i].codes;
    return none;
}

/* The part of a path below the root; NULL: its first directory already differs. */
static const char *below_root(const char *path, const char *root)
{
    size_t at, common = 0;

    for (at = 0; path[at] != '\0' && path[at] == root[at]; at++)
        if (path[at] == '/')
            common = at;
    return common == 0 ? NULL : path + common + 1;
}

/* Numbers that differ between runs become N, and the workspace's root is cut off. */
static void simplify(const char *path, const char *root, char *into, size_t room)
{
    size_t length = strlen(root), at = 0;
    bool is_scratch = strstr(path, "/.ralph_lock_probe.") != NULL || strstr(path, "/#") != NULL;
    bool is_proc = strncmp(path, "/proc/", 6) == 0;
    const char *rest = below_root(path, root);
    char above[300];

    if (strcmp(path, root) == 0)
        path = "the root";
    else if (*path == '/' && strncmp(root, path, strlen(path)) == 0 && root[strlen(path)] == '/')
        path = "a directory above the root";
    else if (strncmp(path, root, length) == 0)
        path += length + (path[length] == '/');
    else if (rest != NULL) {
        snprintf(above, sizeof above, "%s above the root", rest);
        path = above;
    }
    if (strncmp(path, "anon_inode:", 11) == 0)
        path += 11;
    for (; *path != '\0' && at + 1 < room; path++) {
        if (*path == '[' || *path == ']')
            continue;
        if ((is_proc || is_scratch || *path == ':') && isdigit((unsigned char)*path)) {
            if (at == 0 || into[at - 1] != 'N')
                into[at++] = 'N';
            continue;
        }
        into[at++] = *path;
    }
    into[at] = '\0';
}

static void read_text(pid_t process, unsigned long address, char *text, size_t room)
{
    struct iovec here = {text, room - 1}, there = {(void *)address, room - 1};
    ssize_t count;

    /* Rust's test whether the kernel has statx(2). */
    if (address == 0) {
        *text = '\0';
        return;
    }
    /* It may lie at the end of a mapping. */
    there.iov_len = 4096 - address % 4096 < room - 1 ? 4096 - address % 4096 : room - 1;
    count = process_vm_readv(process, &here, 1, &there, 1, 0);
    MUST(count > 0);
    if ((size_t)count == there.iov_len && (size_t)count < room - 1 && memchr(text, '\0', (size_t)count) == NULL) {
        ssize_t more;

        here.iov_base = text + count;
        here.iov_len = room - 1 - (size_t)count;
        there.iov_base = (void *)(address + (size_t)count);
        there.iov_len = here.iov_len;
        more = process_vm_readv(process, &here, 1, &there, 1, 0);
        MUST(more > 0);
        count += more;
    }
    text[count] = '\0';
}

static void path_of_descriptor(pid_t process, unsigned long number, char *path, size_t room)
{
    char link[64];
    ssize_t length;

    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)process, (int)number);
    length = readlink(link, path, room - 1);
    path[length < 0 ? 0 : length] = '\0';
}

void describe(pid_t process, const unsigned long *arguments, long number, const char *root, char *label,
              size_t room)
{
    const char *name = name_of_call(number), *how = "";
    char path[600] = "", below[300], simple[300];

    switch (number) {
    case SYS_inotify_add_watch:
        read_text(process, arguments[1], path, sizeof path);
        break;
    case SYS_openat:
    case SYS_mkdirat:
    case SYS_unlinkat:
    case SYS_newfstatat:
    case SYS_statx:
        read_text(process, arguments[1], below, sizeof below);
        if (*below == '\0' && arguments[1] != 0)
            name = "fstat";
        if (*below != '/' && (int)arguments[0] != AT_FDCWD)
            path_of_descriptor(process, arguments[0], path, sizeof path);
        if (*below != '\0' && strcmp(below, ".") != 0)
            snprintf(strchr(path, '\0'), sizeof path - strlen(path), "%s%s", *path ? "/" : "", below);
        break;
    case SYS_open:
    case SYS_unlink:
    case SYS_mkdir:
    case SYS_stat:
    case SYS_lstat:
    case SYS_readlink:
        read_text(process, arguments[0], path, sizeof path);
        break;
    case SYS_close:
    case SYS_flock:
    case SYS_fstat:
    case SYS_fstatfs:
    case SYS_pread64:
    case SYS_pwrite64:
    case SYS_read:
    case SYS_write:
    case SYS_ftruncate:
    case SYS_fsync:
    case SYS_utimensat:
    case SYS_fcntl:
    case SYS_getdents64:
    case SYS_fchown:
    case SYS_fchmod:
        path_of_descriptor(process, arguments[0], path, sizeof path);
        break;
    case SYS_epoll_ctl:
        path_of_descriptor(process, arguments[2], path, sizeof path);
        how = arguments[1] == EPOLL_CTL_ADD ? " add" : " remove";
        break;
    default:
        break;
    }
    if (number == SYS_openat || number == SYS_open) {
        unsigned long flags = arguments[number == SYS_openat ? 2 : 1];

        how = (flags & O_TMPFILE) == O_TMPFILE   ? " a file without a name in"
              : flags & O_EXCL                   ? " and create"
              : flags & O_CREAT                  ? " or create"
              : (flags & O_ACCMODE) == O_RDONLY  ? " to read"
                                                 : "";
    }
    if (number == SYS_flock)
        how = arguments[1] == LOCK_UN               ? " LOCK_UN"
              : arguments[1] == (LOCK_SH | LOCK_NB) ? " LOCK_SH, now"
              : arguments[1] == (LOCK_EX | LOCK_NB) ? " LOCK_EX, now"
              : arguments[1] == LOCK_SH             ? " LOCK_SH, waiting"
                                                    : " LOCK_EX, waiting";
    if (number == SYS_fcntl)
        how = arguments[1] == F_GETFD           ? " F_GETFD"
              : arguments[1] == F_GETFL         ? " F_GETFL"
              : arguments[1] == F_DUPFD         ? " F_DUPFD"
              : arguments[1] == F_DUPFD_CLOEXEC ? " F_DUPFD_CLOEXEC"
                                                : " ?";
    simplify(path, root, simple, sizeof simple);
    snprintf(label, room, "%s%s%s%s", name, how, *simple ? " " : "", simple);
}
