/* Mounts a file system that never answers, and prints when it is mounted: hung_mount DIRECTORY. Needs /dev/fuse and the
 * privilege to mount. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char request[1 << 17];
    char options[100];
    int fd = open("/dev/fuse", O_RDWR);

    if (argc != 2 || fd == -1)
        return 1;
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
    if (mount("hung", argv[1], "fuse.hung", 0, options) == -1)
        return 1;
    puts("mounted");
    fflush(stdout);
    while (read(fd, request, sizeof request) > 0 || errno == EINTR) {
        const struct fuse_in_header *in = (void *)request;
        struct {
            struct fuse_out_header header;
            struct fuse_init_out init;
        } reply = {{sizeof reply, 0, in->unique}, {.major = 7, .minor = 31, .max_write = 4096}};

        if (in->opcode == FUSE_INIT && write(fd, &reply, sizeof reply) != sizeof reply)
            return 1;
    }
    return 0;
}
