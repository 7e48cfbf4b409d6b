/* The time of loading a shared library: `load LIBRARY...`, see worker.h; the operations are the libraries. Each load is
 * in a new process, because a loaded library stays loaded. */
#include "worker.h"

#include <dlfcn.h>
#include <sys/wait.h>

static const char *library;

static int64_t load(int count)
{
    int64_t sum = 0, time;
    int ends[2];

    if (pipe(ends) == -1)
        fail("pipe");
    while (count-- > 0) {
        if (fork() == 0) {
            time = now();
            if (dlopen(library, RTLD_NOW) == NULL)
                fail(dlerror());
            time = now() - time;
            _exit(write(ends[1], &time, sizeof time) == sizeof time ? 0 : 1);
        }
        if (read(ends[0], &time, sizeof time) != sizeof time)
            fail("read");
        wait(NULL);
        sum += time;
    }
    close(ends[0]);
    close(ends[1]);
    return sum;
}

static void prepare(const char *argument)
{
    library = argument;
}

int main(int argc, char **argv)
{
    static const operation operations[] = {{"load", NULL, load}, {NULL, NULL, NULL}};

    return work(argc, argv, prepare, operations);
}
