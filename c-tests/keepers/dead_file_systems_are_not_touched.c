/* find_keepers and signal_holder answer while another process has a file open on a file system that has stopped
 * answering: they touch no file but the lock's. */
#include "inspecting.h"
#include "privileges.h"

#include <linux/fuse.h>

/* A file system with one file, which answers until that file is opened and then never again. */
static int kernel;

static void answer(uint64_t request, int error, const void *text, size_t length)
{
    char message[sizeof(struct fuse_out_header) + 256];
    struct fuse_out_header header = {(uint32_t)(sizeof header + length), error, request};

    memcpy(message, &header, sizeof header);
    if (length > 0)
        memcpy(message + sizeof header, text, length);
    CHECK(write(kernel, message, sizeof header + length) == (ssize_t)(sizeof header + length));
}

static struct fuse_attr attributes(uint64_t number)
{
    struct fuse_attr found;

    memset(&found, 0, sizeof found);
    found.ino = number;
    found.mode = number == 1 ? S_IFDIR | 0755 : S_IFREG | 0644;
    found.nlink = 1;
    found.blksize = 4096;
    return found;
}

/* False: the file was opened. */
static bool serve(const struct fuse_in_header *request)
{
    struct fuse_init_out begin;
    struct fuse_attr_out attr;
    struct fuse_entry_out entry;
    struct fuse_open_out opened;

    memset(&begin, 0, sizeof begin);
    memset(&attr, 0, sizeof attr);
    memset(&entry, 0, sizeof entry);
    memset(&opened, 0, sizeof opened);
    switch (request->opcode) {
    case FUSE_INIT:
        begin.major = 7;
        begin.minor = 31;
        begin.max_write = 4096;
        answer(request->unique, 0, &begin, sizeof begin);
        return true;
    case FUSE_GETATTR:
        attr.attr = attributes(request->nodeid);
        answer(request->unique, 0, &attr, sizeof attr);
        return true;
    case FUSE_LOOKUP:
        entry.nodeid = 2;
        entry.attr = attributes(2);
        answer(request->unique, 0, &entry, sizeof entry);
        return true;
    case FUSE_OPEN:
        answer(request->unique, 0, &opened, sizeof opened);
        return false;
    case FUSE_FORGET:
        return true;
    default:
        answer(request->unique, -ENOSYS, NULL, 0);
        return true;
    }
}

static void serve_until_opened(void *unused)
{
    static char request[1 << 17];

    (void)unused;
    end_with_starter();
    do
        CHECK(read(kernel, request, sizeof request) > 0);
    while (serve((const struct fuse_in_header *)request));
    say(&starter, 'o');
    hear(&starter);
}

static void open_and_wait(void *file)
{
    end_with_starter();
    /* A process that has it open keeps the file system alive. */
    CHECK(close(kernel) == 0);
    CHECK(open(file, O_RDONLY | O_CLOEXEC) >= 0);
    say(&starter, 'o');
    hear(&starter);
}

/* In a process of its own: one blocked in the file system cannot be killed before the file system ends. */
static void ask(void *root)
{
    process holder;
    uint32_t pid;
    size_t count;

    CHECK(close(kernel) == 0);
    holder = hold(root, "holder");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, &pid, 1, &count, NULL));
    CHECK(count == 1 && pid == (uint32_t)holder.pid);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, 0, NULL));
    kill_hard(&holder);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_find_keepers(root, &pid, 1, &count, NULL));
    CHECK(count == 0);
}

int main(void)
{
    char *root = new_workspace(), *folder = path_of("%s/dead", root);
    process server, user, asker;

    have_private_mounts();
    kernel = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    CHECK(mkdir(folder, 0777) == 0);
    if (kernel == -1 || mount("none", folder, "fuse", MS_NOSUID | MS_NODEV,
                              path_of("fd=%d,rootmode=40000,user_id=%u,group_id=%u", kernel, (unsigned)geteuid(),
                                      (unsigned)getegid())) == -1)
        skip("this user cannot mount a file system of its own (FUSE)");
    server = start(serve_until_opened, NULL);
    user = start(open_and_wait, path_of("%s/file", folder));
    CHECK(hear(&server) == 'o' && hear(&user) == 'o');

    asker = start(ask, root);
    finish(&asker);
    /* When its last descriptor is closed, the kernel ends the file system's requests. */
    CHECK(close(kernel) == 0);
    dismiss(&server);
    kill_hard(&user);
    return 0;
}
