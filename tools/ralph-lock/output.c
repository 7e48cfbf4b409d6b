/* The standard descriptors. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

void open_standard_descriptors(void)
{
    /* Read-only: a write to a descriptor that the parent process closed still fails. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY | O_CLOEXEC) == -1)
            _exit(EXIT_FAILED);
}

int finish_output(int status)
{
    bool failed = ferror(stdout);

    /* Some file systems report a full disk only on close. */
    if (fclose(stdout) != 0 || failed) {
        say("cannot write to standard output: %s", strerror(errno));
        return EXIT_FAILED;
    }
    return status;
}
