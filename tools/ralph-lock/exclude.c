/* The repository's info/exclude. Its lock also keeps two tools from changing the list of worktrees at the same time:
 * git fails when it meets a worktree that another git has half created. */
#include "git.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "process.h"

/* The pattern that keeps git from treating the worktrees as files of the workspace. */
static const char EXCLUDED[] = "/.worktrees/";

/* How often to look whether another tool is done. */
static const double AGAIN = 0.05;

/* Its path, which git prints relative to its current directory; the caller frees it. */
static char *path_in(const char *base)
{
    size_t length;
    char *named = first_line(git_output(base, &length, "rev-parse", "--git-path", "info/exclude", (char *)NULL)), *path;

    if (named == NULL || *named == '/')
        return named;
    path = joined(base, named);
    free(named);
    return path;
}

static int open_exclude(const char *base)
{
    char *path = path_in(base), *end = path != NULL ? strrchr(path, '/') : NULL;
    int fd = -1;

    if (end != NULL) {
        /* A template may omit the directory. */
        *end = '\0';
        mkdir(path, 0777);
        *end = '/';
        fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    }
    if (fd == -1)
        say("cannot open %s: %s", path != NULL ? path : "info/exclude", strerror(errno));
    free(path);
    return fd;
}

int worktrees_lock(const char *base, int *signal_number)
{
    bool by_terminal;
    int fd = open_exclude(base);

    *signal_number = 0;
    while (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1) {
        if (errno == EWOULDBLOCK) {
            wait_for_event(-1, AGAIN);
            *signal_number = next_signal(&by_terminal);
        } else if (errno != EINTR) {
            say("cannot lock info/exclude: %s", strerror(errno));
        }
        if (*signal_number != 0 || (errno != EWOULDBLOCK && errno != EINTR)) {
            close(fd);
            fd = -1;
        }
    }
    return fd;
}

bool worktrees_exclude(int fd)
{
    FILE *file = fdopen(dup(fd), "a+");
    char text[sizeof EXCLUDED + 1], last = '\n';
    bool found = false, good;

    if (file == NULL)
        return false;
    rewind(file);
    while (fgets(text, sizeof text, file) != NULL) {
        found |= last == '\n' && strncmp(text, EXCLUDED, sizeof EXCLUDED - 1) == 0 && text[sizeof EXCLUDED - 1] == '\n';
        last = text[strlen(text) - 1];
    }
    if (!found)
        fprintf(file, "%s%s\n", last == '\n' ? "" : "\n", EXCLUDED);
    good = !ferror(file);
    good &= fclose(file) == 0;
    if (!good)
        say("cannot write info/exclude: %s", strerror(errno));
    return good;
}
