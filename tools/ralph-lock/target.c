#include "lock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arguments.h"

char *joined(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);

    if (path != NULL)
        snprintf(path, size, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
    return path;
}

/* Returns -1 if it is a directory. For the library a missing workspace is free; here it is a mistyped DIR. */
static int check_directory(const char *command, const char *root)
{
    struct stat found;
    double seconds;

    if (stat(root, &found) == 0) {
        if (S_ISDIR(found.st_mode))
            return -1;
        errno = ENOTDIR;
    }
    if (errno == ENOENT && isdigit((unsigned char)*root) && parse_seconds(root, &seconds))
        return usage_error(command, "no such directory: '%s'; to limit a wait, use --timeout=%s", root, root);
    say("%s: %s", root, strerror(errno));
    return EXIT_FAILED;
}

/* The workspace from the environment, if the current directory is at or below it; else NULL. */
static char *workspace_of_environment(const char *here)
{
    const char *named = getenv("RALPH_WORKSPACE_ROOT");
    char *root = named != NULL && *named == '/' ? realpath(named, NULL) : NULL;
    size_t length = root != NULL ? strlen(root) : 0;

    if (root != NULL && strncmp(here, root, length) == 0 &&
        (here[length] == '\0' || here[length] == '/' || root[length - 1] == '/'))
        return root;
    free(root);
    return NULL;
}

/* The workspace without DIR. NULL: the error says why, or there is no memory. */
static char *present_workspace(const char *here, ralph_lock_error **error)
{
    size_t size = strlen(here) + 1, length;
    char *root = workspace_of_environment(here);
    ralph_lock_status status;

    *error = NULL;
    if (root != NULL)
        return root;
    /* The result is at most as long as the start directory. */
    root = malloc(size);
    if (root == NULL)
        return NULL;
    status = ralph_lock_find_root(here, root, size, &length, error);
    if (status == RALPH_LOCK_NOT_FOUND) {
        ralph_lock_error_free(*error);
        *error = NULL;
        strcpy(root, here);
    } else if (status != RALPH_LOCK_OK) {
        free(root);
        return NULL;
    }
    return root;
}

/* Whether a path leaves its start directory. */
static bool leads_out(const char *path)
{
    const char *part = strstr(path, "..");

    if (*path == '/')
        return true;
    for (; part != NULL; part = strstr(part + 1, ".."))
        if ((part == path || part[-1] == '/') && (part[2] == '/' || part[2] == '\0'))
            return true;
    return false;
}

/* Splits a path into a root and a lock file below it, as the library takes them. The path of the workspace's own lock
 * still means the workspace's own lock. */
static void place_file(const char *directory, const char *file, target *to)
{
    static const char own[] = "/" RALPH_LOCK_FILE;
    char *path = *file == '/' ? strdup(file) : joined(directory, file), *end;
    size_t length = path != NULL ? strlen(path) : 0;

    if (length >= sizeof own - 1 && strcmp(path + length - (sizeof own - 1), own) == 0) {
        end = path + length - (sizeof own - 1);
    } else if (leads_out(file) && path != NULL) {
        end = strrchr(path, '/');
        to->file = strdup(end + 1);
    } else {
        free(path);
        to->root = strdup(directory);
        to->file = strdup(file);
        return;
    }
    /* The directory of a file in "/" is "/". */
    end[end == path] = '\0';
    to->root = realpath(path, NULL);
    if (to->root == NULL)
        say("%s: %s", path, strerror(errno));
    free(path);
}

/* Fills in root and file; returns -1 or an exit status. */
static int place(const char *command, const char *directory, const char *file, target *to)
{
    int result = directory != NULL ? check_directory(command, directory) : -1;
    ralph_lock_error *error = NULL;
    char *start;

    if (result != -1)
        return result;
    start = realpath(directory != NULL ? directory : ".", NULL);
    if (start == NULL)
        say("%s: %s", directory != NULL ? directory : "the current directory", strerror(errno));
    else if (file != NULL)
        place_file(start, file, to);
    else
        to->root = directory != NULL ? strdup(start) : present_workspace(start, &error);
    free(start);
    if (error != NULL)
        return failed(error);
    return to->root != NULL ? check_directory(command, to->root) : EXIT_FAILED;
}

int find_target(const char *command, const char *directory, const char *file, target *to)
{
    int result;

    *to = (target){.options = ralph_lock_options_new()};
    result = place(command, directory, file, to);
    if (result != -1)
        return result;
    ralph_lock_options_set_timeout_ms(to->options, 0);
    if (ralph_lock_options_set_lock_file(to->options, to->file) == RALPH_LOCK_OK)
        return -1;
    say("%s: cannot be a lock file", file != NULL ? file : RALPH_LOCK_FILE);
    return EXIT_FAILED;
}

target target_in(const char *root)
{
    target lock = {.root = strdup(root), .options = ralph_lock_options_new()};

    ralph_lock_options_set_timeout_ms(lock.options, 0);
    return lock;
}

void target_free(target *of)
{
    ralph_lock_options_free(of->options);
    free(of->root);
    free(of->file);
}

char *target_path(const target *of)
{
    return joined(of->root, of->file != NULL ? of->file : RALPH_LOCK_FILE);
}
