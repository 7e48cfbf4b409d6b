/* Git, which only `run` starts. */
#ifndef GIT_H
#define GIT_H

#include "lock.h"

#include <sys/stat.h>

/* git.c */

enum { GIT_ARGUMENTS = 24 };

/* The words of a git command in a directory, from arguments that end with NULL: no lock is taken for a mere look, and
 * no program that the repository names is started as a file system monitor. */
void git_words(const char *words[GIT_ARGUMENTS], const char *directory, ...);
/* What git prints, with a NUL after it; the caller frees it. NULL: git failed or is not there. */
char *git_output(const char *directory, size_t *length, ...);
/* Cuts a text after its first line; gives the text, which may be NULL. */
char *first_line(char *text);
/* Whether git succeeds. */
bool git_succeeds(const char *directory, ...);
/* Takes out of the environment what points git at another repository than the directory's. */
void forget_repository(void);

/* tracked.c */

/* Warns when git would publish, replace or remove the lock file. */
void warn_of_git(const target *lock);

/* exclude.c */

/* Waits until no other tool makes or removes a worktree of the repository; gives a descriptor to close then. -1: that
 * failed, or a signal came. */
int worktrees_lock(const char *base, int *signal_number);
/* Has git ignore the worktrees, in the file that is locked; gives whether it does. */
bool worktrees_exclude(int fd);

/* worktree.c, and worktree_end.c from worktree_begin() on */

/* A worktree of the workspace's repository. */
typedef struct worktree {
    /* The repository's main worktree, or the one that holds the workspace. */
    char *base;
    char *path;
    /* The workspace's path below its worktree, with a "/" at the end unless it is empty, and its counterpart here. */
    char *prefix, *workspace;
    /* Where the command runs. */
    char *directory;
    char branch[64];
    /* What it began with: see worktree_begin(). */
    char *history;
    struct stat ignore_file;
} worktree;

/* Makes a worktree on a branch of its own; gives -1, or an exit status when it cannot. The caller frees it in both
 * cases. */
int worktree_add(const char *root, worktree *to);
void worktree_free(worktree *of);
/* Moves this process, a child, into the worktree. */
void worktree_enter(const void *worktree_);
/* Remembers how the worktree is before the command runs, with its lock taken. */
void worktree_begin(worktree *of);
/* Whether the command has left no commit and no file in it. */
bool worktree_is_unused(const worktree *of);
/* Removes it with its branch, unless a file in it has changed; gives whether it is gone. */
bool worktree_remove(const worktree *of);

#endif
