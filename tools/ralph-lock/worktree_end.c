/* Removes a worktree that was not used. */
#include "git.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* HEAD now and before, the commit first: a commit that the command made and moved away from counts too. */
static char *history_of(const char *path)
{
    size_t length, more;
    char *head = git_output(path, &length, "rev-parse", "HEAD", "--symbolic-full-name", "HEAD", (char *)NULL);
    char *log = git_output(path, &more, "log", "--walk-reflogs", "--format=%H", "HEAD", "--", (char *)NULL);
    char *whole = head != NULL && log != NULL ? realloc(head, length + more + 1) : NULL;

    if (whole != NULL)
        memcpy(whole + length, log, more + 1);
    else
        free(head);
    free(log);
    return whole;
}

/* The library's own file, which the command may have changed. */
static bool ignore_file_of(const worktree *of, struct stat *found)
{
    char *file = joined(of->workspace, ".ralph/.gitignore");
    bool is_there = file != NULL && lstat(file, found) == 0;

    free(file);
    return is_there;
}

void worktree_begin(worktree *of)
{
    of->history = history_of(of->path);
    if (!ignore_file_of(of, &of->ignore_file))
        of->ignore_file = (struct stat){0};
}

/* Whether the file is one that taking the lock created, and unchanged. */
static bool is_of_lock(const worktree *of, const char *name)
{
    size_t above = strlen(of->prefix);
    struct stat now;

    if (strncmp(name, of->prefix, above) != 0)
        return false;
    name += above;
    if (strcmp(name, RALPH_LOCK_FILE) == 0)
        return true;
    return strcmp(name, ".ralph/.gitignore") == 0 && ignore_file_of(of, &now) &&
           now.st_ino == of->ignore_file.st_ino && now.st_size == of->ignore_file.st_size &&
           now.st_ctime == of->ignore_file.st_ctime;
}

static bool has_no_commit(const worktree *of)
{
    char *history = history_of(of->path);
    bool same = history != NULL && of->history != NULL && strcmp(history, of->history) == 0;

    free(history);
    return same;
}

static bool has_no_file(const worktree *of)
{
    size_t length;
    /* Without an exclude option, ignored files are listed too. */
    char *files = git_output(of->path, &length, "ls-files", "--others", "-z", (char *)NULL);
    bool none = files != NULL;

    for (const char *name = files; none && name < files + length; name += strlen(name) + 1)
        none = is_of_lock(of, name);
    free(files);
    return none;
}

bool worktree_is_unused(const worktree *of)
{
    return has_no_commit(of) && has_no_file(of);
}

bool worktree_remove(const worktree *of)
{
    char reference[sizeof of->branch + 16] = "refs/heads/", commit[80];
    size_t length = strcspn(of->history, "\n");
    int number, fd;
    bool removed;

    if (length >= sizeof commit)
        return false;
    memcpy(commit, of->history, length);
    commit[length] = '\0';
    strcat(reference, of->branch);
    fd = worktrees_lock(of->base, &number);
    if (fd == -1)
        return false;
    /* Without --force git refuses if a file has changed or there is a submodule. It is told to ignore untracked files,
     * which the lock's own may be. */
    removed =
        git_succeeds(of->base, "-c", "status.showUntrackedFiles=no", "worktree", "remove", of->path, (char *)NULL);
    if (removed && !git_succeeds(of->base, "update-ref", "-d", reference, commit, (char *)NULL))
        say("the branch %s could not be removed", of->branch);
    close(fd);
    return removed;
}
