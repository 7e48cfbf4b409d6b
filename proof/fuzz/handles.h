/* The model of the library's objects: every handle that it gave in this run, and what must be true of each. */
#ifndef HANDLES_H
#define HANDLES_H

#include "world.h"

typedef enum kind { GUARD, METADATA, ERROR, OPTIONS, CANCEL, WAITER } kind;

typedef struct object {
    void *handle;
    kind kind;
    bool live;
    /* GUARD: the file that it holds, the file's path, and whether a record was left there before. */
    file *file;
    char *path;
    bool has_previous;
    /* METADATA; GUARD: the record that was left. Not `known`: it is one of several. */
    bool known;
    record record;
    /* ERROR. */
    ralph_lock_status status;
    int32_t os_code;
    /* CANCEL: a number that outlives the handle. OPTIONS, WAITER: the token's, or -1. */
    int token;
    /* OPTIONS, WAITER. */
    uint64_t timeout_ms;
    /* GUARD, OPTIONS, WAITER. */
    size_t lock_file;
    /* GUARD, WAITER. */
    const root *root;
    /* WAITER. */
    const char *prompt;
    long long begin;
    bool over;
} object;

static object objects[512];
static size_t objects_used;

/* Whether each token was triggered. */
static bool tokens[128];
static int tokens_used;

/* Notes a handle that the library has just given. No value is used twice. */
static object *new_object(void *handle, kind kind)
{
    object *made = &objects[objects_used++];
    size_t index;

    CHECK(handle != NULL && objects_used < sizeof objects / sizeof *objects);
    for (index = 0; index + 1 < objects_used; index++)
        CHECK(objects[index].handle != handle);
    *made = (object){.handle = handle, .kind = kind, .live = true, .token = -1};
    return made;
}

/* The live object of a handle of that kind; NULL for any other value. */
static object *find(const void *handle, kind kind)
{
    size_t index;

    for (index = 0; index < objects_used; index++)
        if (objects[index].handle == handle && objects[index].kind == kind && objects[index].live)
            return &objects[index];
    return NULL;
}

/* Any value as a handle of that kind: often a live one, else a dead one, one of another kind, a neighbour of one,
 * NULL, or garbage. */
static void *pick_handle(kind wanted)
{
    uint8_t choice = byte();
    size_t index, skip = choice & 0x0f, count = 0;
    uintptr_t value;

    if (choice >= 0x40) {
        for (index = objects_used; index-- > 0;)
            count += objects[index].live && objects[index].kind == wanted;
        for (index = objects_used; count > 0 && index-- > 0;)
            if (objects[index].live && objects[index].kind == wanted && skip-- % count == 0)
                return objects[index].handle;
        return NULL;
    }
    if (choice >= 0x10 && objects_used > 0) {
        value = (uintptr_t)objects[byte() % objects_used].handle;
        if (choice >= 0x30)
            value ^= (uintptr_t)1 << skip * 4;
        return (void *)value;
    }
    return choice % 2 == 0 ? NULL : (void *)(uintptr_t)word();
}

/* A set of statuses. A call that breaks two rules at a time may report either. */
typedef uint64_t set;
#define ONE(status) ((set)1 << ((status) < 100 ? (status) : (status) - 68))

/* How often each function has given each. */
static unsigned long answers[64][132];
static size_t calling;

static void expect(const char *call, set allowed, ralph_lock_status status)
{
    int each;

    if (status < 132 && (ONE(status) & allowed) != 0) {
        answers[calling][status]++;
        return;
    }
    for (each = 0; each < 132; each = each == 7 ? 100 : each + 1)
        if ((ONE(each) & allowed) != 0)
            fprintf(stderr, "%s may give %s\n", call, ralph_lock_status_name(each));
    fail("%s gave %s (errno: %s)", call, ralph_lock_status_name((int32_t)status), strerror(errno));
}

/* What out-parameters hold before a call; no call leaves it there. */
#define RUBBISH ((void *)(uintptr_t)0x5a5a5a5a)

static ralph_lock_error *error;
static bool error_wanted;

/* The last argument of a call. */
static ralph_lock_error **error_place(void)
{
    error = RUBBISH;
    error_wanted = usually();
    errno = 0;
    return error_wanted ? &error : NULL;
}

/* Checks a call's status, and keeps its error object. */
static void finish(const char *call, set allowed, ralph_lock_status status)
{
    int errno_seen = errno;
    object *made;

    expect(call, allowed, status);
    if (!error_wanted)
        return;
    check_error(status, error, errno_seen);
    if (error == NULL)
        return;
    made = new_object(error, ERROR);
    made->status = status;
    made->os_code = ralph_lock_error_os_code(error);
}

/* Notes metadata that a call has given; `of`: its record, if that is known. */
static void keep_metadata(ralph_lock_metadata *metadata, const record *of)
{
    object *made = new_object(metadata, METADATA);

    CHECK(metadata != RUBBISH);
    made->known = of != NULL;
    if (of != NULL)
        made->record = *of;
}

/* Notes that a process of this library has locked a file and written its record there. */
static void note_holder(file *of, record of_holder)
{
    of->guarded = of->named = true;
    of->foreign = false;
    of->record = of_holder;
}

/* Notes a guard that has begun: its record is in the file, which was there or was created. */
static void keep_guard(ralph_lock_guard *guard, const root *which, size_t lock_file, const char *prompt,
                       bool learns_previous)
{
    object *made = new_object(guard, GUARD);
    file *of = file_at(which, lock_file);

    CHECK(guard != RUBBISH);
    if (of == NULL)
        of = new_file((size_t)which->directory, lock_file);
    made->file = of;
    made->root = which;
    made->lock_file = lock_file;
    made->path = path_of("%s%s%s", which->path, which->path[strlen(which->path) - 1] == '/' ? "" : "/",
                         lock_files[lock_file]);
    /* A process that runs, as this one does, has not died with the lock. */
    made->has_previous = learns_previous && of->named && !of->record.is_ours;
    made->record = of->record;
    note_holder(of, (record){(uint32_t)getpid(), now_wall(), prompt, true, true});
    held_roots[which->directory] |= lock_file == 0;
}

/* Notes that a guard has ended. */
static void forget_guard(object *guard)
{
    guard->live = false;
    guard->file->guarded = false;
    held_roots[guard->root->directory] &= guard->lock_file != 0;
    free(guard->path);
}

#endif
