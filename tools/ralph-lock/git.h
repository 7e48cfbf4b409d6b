/* Git; only `run` starts it. */
#ifndef GIT_H
#define GIT_H

#include "lock.h"

#include <sys/stat.h>

/* git.c */

enum { GIT_ARGUMENTS = 24 };

/* The words of a git command in a directory, from arguments that end with NULL. Queries take no lock, and no program
 * that the repository configures is started as a file system monitor. */
void git_words(const char *words[GIT_ARGUMENTS], const char *directory, ...);
/* Git's output, terminated by a NUL; the caller frees it. NULL: git failed or is missing. */
char *git_output(const char *directory, size_t *length, ...);
/* Cuts a text after its first line; returns the text, which may be NULL. */
char *first_line(char *text);
/* Whether git succeeds. */
bool git_succeeds(const char *directory, ...);
/* Removes the variables that direct git to another repository than the directory's. */
void forget_repository(void);

/* tracked.c */

/* Warns when git would publish, replace or remove the lock file. */
void warn_of_git(const target *lock);

/* exclude.c */

/* Waits until no other tool creates or removes a worktree of the repository; returns a descriptor that the caller
 * closes when done. -1: that failed, or a signal came. */
int worktrees_lock(const char *base, int *signal_number);
/* Makes git ignore the worktrees, in the locked file; returns whether it does. */
bool worktrees_exclude(int fd);

/* worktree.c, and worktree_end.c from worktree_begin() on */

/* A worktree of the workspace's repository. */
typedef struct worktree {
    /* The repository's main worktree, or the one that holds the workspace. */
    char *base;
    char *path;
    /* The workspace's path below its worktree, ending with "/" unless it is empty, and its counterpart here. */
    char *prefix, *workspace;
    /* Where the command runs. */
    char *directory;
    char branch[64];
    /* Its initial state: see worktree_begin(). */
    char *history;
    struct stat ignore_file;
} worktree;

/* Creates a worktree on a new branch; returns -1, or an exit status on failure. The caller frees it in both cases. */
int worktree_add(const char *root, worktree *to);
void worktree_free(worktree *of);
/* Moves this process, a child, into the worktree. */
void worktree_enter(const void *worktree_);
/* Records the worktree's state before the command runs, with its lock taken. */
void worktree_begin(worktree *of);
/* Whether the command left no commit and no file in it. */
bool worktree_is_unused(const worktree *of);
/* Removes it with its branch, unless a file in it has changed; returns whether it is gone. */
bool worktree_remove(const worktree *of);

#endif
