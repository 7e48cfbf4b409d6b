/* A git worktree for a command whose workspace is held: ralph-orchestrator's names. */
#include "git.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

static const char FOLDER[] = ".worktrees", EXCLUDED[] = "/.worktrees/";

/* Cuts a text after its first line; gives the text. */
static char *first_line(char *text)
{
    if (text != NULL)
        text[strcspn(text, "\n")] = '\0';
    return text;
}

/* The worktree in which new ones are made: not another loop's, which may be removed with all that is below it. */
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

/* Keeps git from taking the worktrees for files of the workspace; gives whether it does. */
static bool exclude(const char *base)
{
    size_t length;
    char *named = first_line(git_output(base, &length, "rev-parse", "--git-path", "info/exclude", (char *)NULL));
    char *path = named == NULL || *named == '/' ? named : joined(base, named), *end;
    int fd = -1;
    FILE *file = NULL;
    char text[sizeof EXCLUDED + 1], last = '\n';
    bool found = false, good;

    if (path != NULL && (end = strrchr(path, '/')) != NULL) {
        /* A template may leave the folder out. */
        *end = '\0';
        mkdir(path, 0777);
        *end = '/';
        fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    }
    /* Several may come at a time. */
    if (fd != -1 && flock(fd, LOCK_EX) == 0)
        file = fdopen(fd, "a+");
    if (file != NULL) {
        rewind(file);
        while (fgets(text, sizeof text, file) != NULL) {
            found |= last == '\n' && strncmp(text, EXCLUDED, sizeof EXCLUDED - 1) == 0 && text[sizeof EXCLUDED - 1] == '\n';
            last = text[strlen(text) - 1];
        }
        if (!found)
            fprintf(file, "%s%s\n", last == '\n' ? "" : "\n", EXCLUDED);
    }
    good = file != NULL && !ferror(file) && fflush(file) == 0;
    if (!good)
        say("cannot write %s: %s", path != NULL ? path : "info/exclude", strerror(errno));
    if (file != NULL)
        fclose(file);
    else if (fd != -1)
        close(fd);
    if (path != named)
        free(path);
    free(named);
    return good;
}

/* A name that no other worktree has: the time, and a number by chance for those who come in the same second. */
static void make_id(char *id, size_t size)
{
    time_t now = time(NULL);
    struct tm local;
    unsigned short chance = (unsigned short)getpid();
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    size_t length;

    if (fd != -1 && read(fd, &chance, sizeof chance) != (ssize_t)sizeof chance)
        chance = (unsigned short)getpid();
    if (fd != -1)
        close(fd);
    length = strftime(id, size, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
    snprintf(id + length, size - length, "-%04x", (unsigned)chance);
}

/* Where the command runs: at the same place below the worktree as it would below the original, if there is one. */
static char *directory_in(const char *path, const char *top)
{
    char *here = realpath(".", NULL), *place = NULL;
    size_t length = strlen(top);
    struct stat found;

    if (here != NULL && strncmp(here, top, length) == 0 && here[length] == '/')
        place = joined(path, here + length + 1);
    free(here);
    if (place != NULL && stat(place, &found) == 0 && S_ISDIR(found.st_mode))
        return place;
    free(place);
    return strdup(path);
}

/* What the tool prints belongs to the command. */
static void print_to_standard_error(const void *unused)
{
    (void)unused;
    dup2(STDERR_FILENO, STDOUT_FILENO);
    forget_repository();
}

int worktree_add(const char *root, worktree *to)
{
    const char *words[GIT_ARGUMENTS];
    char id[40], *folder, *top;
    size_t length;
    int status;

    *to = (worktree){.base = NULL};
    top = first_line(git_output(root, &length, "rev-parse", "--show-toplevel", (char *)NULL));
    if (top == NULL) {
        say("%s is not in a git worktree that git can read: --or-worktree needs one", root);
        return EXIT_FAILED;
    }
    to->base = base_of(top);
    make_id(id, sizeof id);
    snprintf(to->branch, sizeof to->branch, "ralph/%s", id);
    folder = to->base != NULL ? joined(to->base, FOLDER) : NULL;
    to->path = folder != NULL ? joined(folder, id) : NULL;
    free(folder);
    if (to->path == NULL || !exclude(to->base)) {
        free(top);
        return EXIT_FAILED;
    }
    git_words(words, root, "worktree", "add", "--quiet", "--no-track", "-b", to->branch, to->path, (char *)NULL);
    status = run_child((char *const *)words, print_to_standard_error, NULL);
    to->directory = directory_in(to->path, top);
    free(top);
    if (status == 0 && to->directory != NULL)
        return -1;
    if (status != -1 && WIFSIGNALED(status))
        return die_by(WTERMSIG(status));
    say("git could not make the worktree %s", to->path);
    return EXIT_FAILED;
}

void worktree_free(worktree *of)
{
    free(of->base);
    free(of->path);
    free(of->directory);
    free(of->history);
}

void worktree_enter(const void *worktree_)
{
    const worktree *at = worktree_;

    forget_repository();
    if (chdir(at->directory) == -1 || setenv("PWD", at->directory, 1) == -1 ||
        setenv("RALPH_WORKSPACE_ROOT", at->path, 1) == -1) {
        say("%s: %s", at->directory, strerror(errno));
        _exit(EXIT_CANNOT_RUN);
    }
}
