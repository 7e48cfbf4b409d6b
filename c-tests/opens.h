/* A process that runs out of descriptors at a chosen moment. */
#ifndef OPENS_H
#define OPENS_H

#include "check.h"

#include <sys/syscall.h>

/* How many more files the library can open; -1: no limit. */
static int opens_left = -1;

/* The library's open. */
int openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    if (opens_left == 0) {
        errno = EMFILE;
        return -1;
    }
    opens_left -= opens_left > 0;
    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

#ifndef __USE_FILE_OFFSET64
#ifdef __GLIBC__
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
#endif
#endif

#endif
