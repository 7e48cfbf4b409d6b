/* What the calls are about: workspaces, lock files and descriptors, and what is true of them. The truth is kept
 * here, by what was done, and never asked of the library. */
#ifndef WORLD_H
#define WORLD_H

#include "input.h"

/* What somebody wrote of himself. */
typedef struct record {
    uint32_t pid;
    int64_t started;
    const char *prompt;
    bool is_ours;
} record;

/* A file that is, or was, at the place of a lock file. */
typedef struct file {
    bool at_place;
    /* A guard has its lock; or else that descriptor of ours, if it is not -1. */
    bool guarded;
    int holder;
    /* Whether it has a record, or else something that is none. */
    bool named;
    record record;
} file;

static file files[256];
static size_t files_used;

#define DIRECTORIES 4
/* In the last one a directory is where the lock file should be. */
#define BLOCKED 3

/* Lock files below a workspace root; the first one where nothing is said. */
static const char *const lock_files[] = {RALPH_LOCK_FILE, "other.lock", "deep/er/x.lock"};
#define LOCK_FILES (sizeof lock_files / sizeof *lock_files)

/* What is no path of a lock file below the root. */
static const char *const bad_lock_files[] = {"", "/tmp/x", "../x", "a/../../x", "x/", "x/.", "."};

static const char *directories[DIRECTORIES];
static file *places[DIRECTORIES][LOCK_FILES];

/* A workspace root as it is given to the library. */
typedef struct root {
    const char *path;
    /* Where it leads, or -1 and what to say then: to one who acquires, and errno if it is RALPH_LOCK_IO. */
    int directory;
    ralph_lock_status status;
    int os_code;
} root;

static root roots[12];

static void make_roots(void)
{
    const char *above = new_folder();
    char *too_long = malloc(6000);
    size_t count = 0;

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

/* Whether there is no way to a file at all. */
static bool is_nowhere(const root *which, size_t lock_file)
{
    return which->directory == -1 || is_blocked(which, lock_file);
}

/* The file that is there now; NULL: none. */
static file *file_at(const root *which, size_t lock_file)
{
    return is_nowhere(which, lock_file) ? NULL : places[which->directory][lock_file];
}

/* A file has just been made there. */
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

/* Takes a descriptor off the list: it was closed. */
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

/* WHAT OTHERS DO. */

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
    while ((end = strrchr(path, '/')) != NULL && (size_t)(end - path) > strlen(directories[directory])) {
        *end = '\0';
        rmdir(path);
    }
    free(path);
}

/* Opens a lock file as some program does, which makes it if it is missing. */
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

/* A program that knows nothing of us writes what it likes, but not while one of us holds the lock. */
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
    of->record = (record){which == 4 ? 4194305 : 1, 1795363200 * SECOND + (which == 4 ? 0 : SECOND / 2),
                          which == 4 ? "left" : "init", false};
}

/* A program takes the lock by itself, as flock(1) does, or only opens the file, or another. */
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

/* The world as it was before the run, but for what the library itself holds. */
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
