/* A git worktree for a command whose workspace is held, with ralph-orchestrator's names. */
#include "git.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

static const char FOLDER[] = ".worktrees";

/* The worktree in which new ones are created: not another loop's, which may be removed with everything below it. */
static char *base_of(const char *top)
{
    static const char begin[] = "worktree ";
    size_t length;
    char *list = first_line(git_output(top, &length, "worktree", "list", "--porcelain", (char *)NULL));
    char *base = NULL, *repository = NULL;

    if (list != NULL && strncmp(list, begin, sizeof begin - 1) == 0) {
        base = strdup(list + sizeof begin - 1);
        repository = base != NULL ? joined(base, ".git") : NULL;
        /* For a bare repository and for a submodule, git names no worktree here. */
        if (repository == NULL || access(repository, F_OK) == -1) {
            free(base);
            base = NULL;
        }
    }
    free(repository);
    free(list);
    return base != NULL ? base : strdup(top);
}

/* A unique name: the time, and a random number for tools that start in the same second. */
static void make_id(char *id, size_t size)
{
    time_t now = time(NULL);
    struct tm local;
    unsigned short number = (unsigned short)getpid();
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    size_t length;

    if (fd != -1 && read(fd, &number, sizeof number) != (ssize_t)sizeof number)
        number = (unsigned short)getpid();
    if (fd != -1)
        close(fd);
    length = strftime(id, size, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
    snprintf(id + length, size - length, "-%04x", (unsigned)number);
}

/* Where the command runs: the directory in the worktree that corresponds to the current one, if it exists. */
static char *directory_in(const worktree *in, const char *top)
{
    char *here = realpath(".", NULL), *place = NULL;
    size_t length = strlen(top);
    struct stat found;

    if (here != NULL && strncmp(here, top, length) == 0 && here[length] == '/')
        place = joined(in->path, here + length + 1);
    free(here);
    if (place != NULL && stat(place, &found) == 0 && S_ISDIR(found.st_mode))
        return place;
    free(place);
    return strdup(in->workspace);
}

/* Standard output is the command's. */
static void print_to_standard_error(const void *unused)
{
    (void)unused;
    dup2(STDERR_FILENO, STDOUT_FILENO);
    forget_repository();
}

/* Chooses the worktree's names and paths; returns whether that succeeded. */
static bool name_parts(const char *top, const char *prefix, worktree *to)
{
    char id[40], *folder;

    make_id(id, sizeof id);
    snprintf(to->branch, sizeof to->branch, "ralph/%s", id);
    to->prefix = strdup(prefix);
    to->base = base_of(top);
    folder = to->base != NULL ? joined(to->base, FOLDER) : NULL;
    to->path = folder != NULL ? joined(folder, id) : NULL;
    free(folder);
    if (to->path == NULL || to->prefix == NULL)
        return false;
    to->workspace = *prefix != '\0' ? joined(to->path, prefix) : strdup(to->path);
    if (to->workspace != NULL && *prefix != '\0')
        to->workspace[strlen(to->workspace) - 1] = '\0';
    return to->workspace != NULL;
}

/* Runs git with its own messages; returns -1 if it succeeds, or an exit status. */
static int run_git(const char *const *words)
{
    job git = {.command = (char *const *)words, .prepare = print_to_standard_error};
    int status = run_child(&git);

    if (status == 0)
        return -1;
    return status != -1 && WIFSIGNALED(status) ? die_by(WTERMSIG(status)) : EXIT_FAILED;
}

/* Creates the worktree; returns -1 or an exit status. */
static int make(const char *root, const worktree *from)
{
    const char *words[GIT_ARGUMENTS];
    int result;

    git_words(words, root, "worktree", "add", "--quiet", "--no-track", "-b", from->branch, from->path, (char *)NULL);
    result = run_git(words);
    if (result != -1)
        say("git could not create the worktree %s%s", from->path,
            access(from->path, F_OK) == 0 ? ", but left something there" : "");
    return result;
}

int worktree_add(const char *root, worktree *to)
{
    const char *words[GIT_ARGUMENTS];
    size_t length;
    char *top, *prefix;
    int result, number = 0, fd = -1;

    *to = (worktree){.base = NULL};
    git_words(words, root, "cat-file", "-e", "HEAD:./", (char *)NULL);
    result = run_git(words);
    if (result != -1) {
        say("--or-worktree needs a commit with %s, and git finds none", root);
        return result;
    }
    top = first_line(git_output(root, &length, "rev-parse", "--show-toplevel", (char *)NULL));
    prefix = first_line(git_output(root, &length, "rev-parse", "--show-prefix", (char *)NULL));
    result = EXIT_FAILED;
    if (top == NULL || prefix == NULL)
        say("--or-worktree needs a git worktree, and %s is in none", root);
    else
        fd = worktrees_lock(top, &number);
    if (fd != -1 && name_parts(top, prefix, to) && worktrees_exclude(fd))
        result = make(root, to);
    else if (number != 0)
        result = die_by(number);
    if (fd != -1)
        close(fd);
    if (result == -1)
        to->directory = directory_in(to, top);
    free(top);
    free(prefix);
    return result == -1 && to->directory == NULL ? EXIT_FAILED : result;
}

void worktree_free(worktree *of)
{
    free(of->base);
    free(of->path);
    free(of->prefix);
    free(of->workspace);
    free(of->directory);
    free(of->history);
}

void worktree_enter(const void *worktree_)
{
    const worktree *at = worktree_;

    forget_repository();
    if (chdir(at->directory) == -1 || setenv("PWD", at->directory, 1) == -1 ||
        setenv("RALPH_WORKSPACE_ROOT", at->workspace, 1) == -1) {
        say("%s: %s", at->directory, strerror(errno));
        _exit(EXIT_CANNOT_RUN);
    }
}
