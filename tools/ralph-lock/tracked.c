#include <stdlib.h>

#include "git.h"

void warn_of_git(const target *lock)
{
    size_t length;
    char *path = target_path(lock);
    /* "H" for a file that git tracks, "?" for one that it does not ignore, nothing for one that it ignores. */
    char *tag = git_output(lock->root, &length, "ls-files", "-t", "--cached", "--others", "--exclude-standard", "--",
                           lock->file != NULL ? lock->file : RALPH_LOCK_FILE, (char *)NULL);

    if (tag != NULL && length > 0 && path != NULL && *tag == '?')
        say("warning: git does not ignore %s: \"git add\" would publish it and \"git clean\" would remove it; "
            "add it to .gitignore", path);
    else if (tag != NULL && length > 0 && path != NULL)
        say("warning: git tracks %s: commits publish it, and a checkout, reset or stash replaces it; "
            "run: git rm --cached '%s'", path, path);
    free(tag);
    free(path);
}
