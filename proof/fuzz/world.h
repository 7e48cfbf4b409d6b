/* What the calls are about: workspaces, lock files and descriptors, and what is true of them. The model follows from
 * what was done, and never asks the library. */
#ifndef WORLD_H
#define WORLD_H

#include "input.h"

/* What a process has written about itself. */
typedef struct record {
    uint32_t pid;
    int64_t started;
    const char *prompt;
    bool is_ours;
    /* Whether it says more than a pid: ralph-core's records do not. */
    bool has_identity;
} record;

/* A file that is, or was, at the place of a lock file. */
typedef struct file {
    bool at_place;
    /* A guard has its lock, or that descriptor of this process, if it is not -1. */
    bool guarded;
    int holder;
    /* Whether its text is a record; else whether it is another program's text, which no lock file has. */
    bool named, foreign;
    record record;
} file;

static file files[256];
static size_t files_used;

#define DIRECTORIES 4
/* In the last one a directory is where the lock file should be. */
#define BLOCKED 3

/* Lock files below a workspace root; the first one is the workspace's own. */
static const char *const lock_files[] = {RALPH_LOCK_FILE, "other.lock", "deep/er/x.lock"};
#define LOCK_FILES (sizeof lock_files / sizeof *lock_files)

/* Paths that no lock file below a root can have. */
static const char *const bad_lock_files[] = {"", "/tmp/x", "../x", "a/../../x", "x/", "x/.", "."};

static const char *directories[DIRECTORIES];
static file *places[DIRECTORIES][LOCK_FILES];

/* Whether a guard of the workspace's own lock holds the directory too. */
static bool held_roots[DIRECTORIES];

/* A workspace root as it is given to the library. */
typedef struct root {
    const char *path;
    /* The directory, or -1 and what an acquire says then, with errno if that is RALPH_LOCK_IO. */
    int directory;
    ralph_lock_status status;
    int os_code;
} root;

static root roots[12];

/* Directories in git work trees, and the work tree to which each belongs. */
static struct {
    const char *path, *root;
} trees[4];

static void make_trees(const char *above)
{
    char *tree = path_of("%s/tree", above), *sub = path_of("%s/sub", tree), *worktree = path_of("%s/worktree", tree);

    CHECK(mkdir(tree, 0777) == 0 && mkdir(sub, 0777) == 0 && mkdir(worktree, 0777) == 0);
    CHECK(mkdir(path_of("%s/.git", tree), 0777) == 0);
    CHECK(close(open(path_of("%s/.git", worktree), O_CREAT | O_WRONLY, 0666)) == 0);
    trees[0].path = trees[0].root = trees[1].root = trees[2].root = tree;
    trees[1].path = sub;
    trees[2].path = path_of("%s/../sub/.", sub);
    trees[3].path = trees[3].root = worktree;
}

static void make_roots(void)
{
    const char *above = realpath(new_folder(), NULL);
    char *too_long = malloc(6000);
    size_t count = 0;

    CHECK(above != NULL);
    directories[0] = path_of("%s/a", above);
    directories[1] = path_of("%s/b", above);
    directories[2] = path_of("%s/odd\n\x1b\xff name", above);
    directories[BLOCKED] = path_of("%s/blocked", above);
    for (count = 0; count < DIRECTORIES; count++)
        CHECK(mkdir(directories[count], 0777) == 0);
    CHECK(mkdir(path_of("%s/.ralph", directories[BLOCKED]), 0777) == 0);
    CHECK(mkdir(path_of("%s/%s", directories[BLOCKED], RALPH_LOCK_FILE), 0777) == 0);
    CHECK(symlink(directories[1], path_of("%s/link", above)) == 0);
    CHECK(close(open(path_of("%s/file", above), O_CREAT | O_WRONLY, 0666)) == 0);
    make_trees(above);
    CHECK(too_long != NULL);
    memset(too_long, 'x', 5999);
    too_long[5999] = '\0';

    count = 0;
    roots[count++] = (root){directories[0], 0, RALPH_LOCK_OK, 0};
    roots[count++] = (root){directories[1], 1, RALPH_LOCK_OK, 0};
    roots[count++] = (root){directories[2], 2, RALPH_LOCK_OK, 0};
    roots[count++] = (root){directories[BLOCKED], BLOCKED, RALPH_LOCK_OK, 0};
    roots[count++] = (root){path_of("%s/", directories[0]), 0, RALPH_LOCK_OK, 0};
    roots[count++] = (root){path_of("%s/.//", directories[0]), 0, RALPH_LOCK_OK, 0};
    roots[count++] = (root){path_of("%s/link", above), 1, RALPH_LOCK_OK, 0};
    roots[count++] = (root){path_of("%s/missing", above), -1, RALPH_LOCK_IO, ENOENT};
    roots[count++] = (root){path_of("%s/file", above), -1, RALPH_LOCK_IO, ENOTDIR};
    roots[count++] = (root){too_long, -1, RALPH_LOCK_INVALID_ARGUMENT, 0};
    roots[count++] = (root){"", -1, RALPH_LOCK_INVALID_ARGUMENT, 0};
    roots[count++] = (root){NULL, -1, RALPH_LOCK_INVALID_ARGUMENT, 0};
    CHECK(count == sizeof roots / sizeof *roots);
}

/* Whether a root is refused before anything is looked at. */
static bool is_no_root(const root *which)
{
    return which->path == NULL || *which->path == '\0';
}

static bool is_blocked(const root *which, size_t lock_file)
{
    return which->directory == BLOCKED && lock_file == 0;
}

/* Whether no file can be there. */
static bool is_nowhere(const root *which, size_t lock_file)
{
    return which->directory == -1 || is_blocked(which, lock_file);
}

/* The file that is there now, or NULL. */
static file *file_at(const root *which, size_t lock_file)
{
    return is_nowhere(which, lock_file) ? NULL : places[which->directory][lock_file];
}

/* Notes that a file has just been made there. */
static file *new_file(size_t directory, size_t lock_file)
{
    file *made = &files[files_used++];

    CHECK(files_used < sizeof files / sizeof *files);
    *made = (file){.at_place = true, .holder = -1};
    places[directory][lock_file] = made;
    return made;
}

static bool is_held(const file *of)
{
    return of != NULL && (of->guarded || of->holder != -1);
}

static bool is_named(const file *of)
{
    return of != NULL && of->named;
}

/* Whether an acquire is refused: the file is held, or the directory by a guard whose file was removed or replaced. */
static bool is_taken(const root *which, size_t lock_file)
{
    return is_held(file_at(which, lock_file)) ||
           (lock_file == 0 && which->directory != -1 && held_roots[which->directory]);
}

/* The record of the holder, as a refused caller is told; NULL: the holder is unknown. That is so without a record in a
 * file that is held, and with one that does not identify its process, while the kernel lists this one as the owner. */
static const record *holder_at(const root *which, size_t lock_file)
{
    file *of = file_at(which, lock_file);

    return is_held(of) && of->named && of->record.has_identity ? &of->record : NULL;
}

/* Whether this text must stay: it is in a file that was chosen with an option, and no lock file's. */
static bool is_protected(const root *which, size_t lock_file)
{
    file *of = file_at(which, lock_file);

    return lock_file != 0 && of != NULL && of->foreign;
}

/* Descriptors that the caller has: of lock files, and others. */
typedef struct descriptor {
    int fd;
    file *file;
    bool writable;
} descriptor;

static descriptor descriptors[128];
static size_t descriptors_used;

static void keep_descriptor(int fd, file *of, bool writable)
{
    CHECK(fd != -1 && descriptors_used < sizeof descriptors / sizeof *descriptors);
    descriptors[descriptors_used++] = (descriptor){fd, of, writable};
}

/* Takes a descriptor that was closed off the list. */
static void forget_descriptor(descriptor *which)
{
    if (which->file != NULL && which->file->holder == which->fd)
        which->file->holder = -1;
    *which = descriptors[--descriptors_used];
}

static void close_descriptor(descriptor *which)
{
    CHECK(close(which->fd) == 0);
    forget_descriptor(which);
}

/* What other programs do. */

static char *path_at(size_t directory, size_t lock_file)
{
    return path_of("%s/%s", directories[directory], lock_files[lock_file]);
}

/* `rm -rf .ralph`. */
static void remove_file(size_t directory, size_t lock_file)
{
    char *path = path_at(directory, lock_file), *end;

    if (places[directory][lock_file] != NULL) {
        CHECK(unlink(path) == 0);
        places[directory][lock_file]->at_place = false;
        places[directory][lock_file] = NULL;
    }
    if (lock_file == 0) {
        char *ignore = path_of("%s/.ralph/.gitignore", directories[directory]);

        unlink(ignore);
        free(ignore);
    }
    while ((end = strrchr(path, '/')) != NULL && (size_t)(end - path) > strlen(directories[directory])) {
        *end = '\0';
        rmdir(path);
    }
    free(path);
}

/* Opens a lock file as another program does, which creates it if it is missing. */
static int open_at(size_t directory, size_t lock_file, int flags)
{
    char *path = path_at(directory, lock_file), *end;
    int fd;

    for (end = path + strlen(directories[directory]) + 1; (end = strchr(end, '/')) != NULL; end++) {
        *end = '\0';
        CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
        *end = '/';
    }
    if (places[directory][lock_file] == NULL)
        new_file(directory, lock_file);
    fd = open(path, flags | O_CREAT | O_CLOEXEC, 0666);
    CHECK(fd != -1);
    free(path);
    return fd;
}

/* Another program writes into a lock file, but not while a guard holds it. */
static void scribble(size_t directory, size_t lock_file)
{
    static const char *const contents[] = {
        "", " \n", "{", "no record",
        "{\"pid\": 4194305, \"started\": \"2026-11-22T16:00:00Z\", \"prompt\": \"left\"}",
        "{\"pid\": 1, \"started\": \"2026-11-22T16:00:00.5Z\", \"prompt\": \"init\", \"holder\": {\"host\": \"x\"}}"};
    size_t which = below(sizeof contents / sizeof *contents);
    file *of = places[directory][lock_file];
    int fd;

    if (of != NULL && of->guarded)
        return;
    fd = open_at(directory, lock_file, O_WRONLY | O_TRUNC);
    CHECK(write(fd, contents[which], strlen(contents[which])) == (ssize_t)strlen(contents[which]));
    CHECK(close(fd) == 0);
    of = places[directory][lock_file];
    of->named = which >= 4;
    of->foreign = which == 3;
    of->record = (record){.pid = which == 4 ? 4194305 : 1,
                          .started = 1795363200 * SECOND + (which == 4 ? 0 : SECOND / 2),
                          .prompt = which == 4 ? "left" : "init",
                          .has_identity = which == 5};
}

/* A program locks the file, as flock(1) does, or only opens it, or another file. */
static void open_descriptor(size_t directory, size_t lock_file)
{
    static const int flags[] = {O_RDWR, O_RDWR, O_RDONLY, O_RDWR | O_APPEND};
    size_t how = below(6);
    int pipes[2], fd;
    file *of;

    if (how == 4) {
        keep_descriptor(open("/dev/null", O_RDWR | O_CLOEXEC), NULL, true);
    } else if (how == 5) {
        CHECK(pipe2(pipes, O_CLOEXEC) == 0);
        keep_descriptor(pipes[0], NULL, false);
        keep_descriptor(pipes[1], NULL, false);
    } else {
        fd = open_at(directory, lock_file, flags[how]);
        of = places[directory][lock_file];
        keep_descriptor(fd, of, how < 2);
        if (how == 0) {
            CHECK((flock(fd, LOCK_EX | LOCK_NB) == 0) == !is_held(of));
            if (!is_held(of))
                of->holder = fd;
        }
    }
}

static void let_others_act(void)
{
    size_t directory = first_or_below(BLOCKED), lock_file = first_or_below(LOCK_FILES), action = below(8);

    if (action < 2)
        scribble(directory, lock_file);
    else if (action < 4)
        remove_file(directory, lock_file);
    else if (action < 6)
        open_descriptor(directory, lock_file);
    else if (action == 6 && descriptors_used > 0)
        close_descriptor(&descriptors[below(descriptors_used)]);
    else
        now_monotonic += (long long)below(256) * 10 * MILLISECOND;
}

/* Restores the world as it was before the run, except for what the library itself holds. */
static void tidy_world(void)
{
    size_t directory, lock_file;

    while (descriptors_used > 0)
        close_descriptor(&descriptors[descriptors_used - 1]);
    for (directory = 0; directory < DIRECTORIES; directory++)
        for (lock_file = 0; lock_file < LOCK_FILES; lock_file++)
            if (places[directory][lock_file] != NULL)
                remove_file(directory, lock_file);
    files_used = texts_used = 0;
}

#endif
