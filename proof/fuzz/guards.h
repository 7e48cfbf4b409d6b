/* Calls with a guard, and those that hand a lock over. */
#ifndef GUARDS_H
#define GUARDS_H

#include "acquiring.h"

static set guard_faults(const void *guard)
{
    return guard == NULL ? ONE(RALPH_LOCK_INVALID_ARGUMENT)
           : find(guard, GUARD) == NULL ? ONE(RALPH_LOCK_INVALID_HANDLE) : 0;
}

static void call_release(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    ralph_lock_status status = ralph_lock_release(guard);

    expect("release", ONE(guard == NULL || found != NULL ? RALPH_LOCK_OK : RALPH_LOCK_INVALID_HANDLE), status);
    if (found != NULL) {
        found->file->named = false;
        forget_guard(found);
    }
}

static void call_guard_path(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    const char *path = ralph_lock_guard_path(guard);

    CHECK((path != NULL) == (found != NULL));
    CHECK(path == NULL || strcmp(path, found->path) == 0);
}

static void call_guard_verify(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    ralph_lock_status status = ralph_lock_guard_verify(guard, error_place());

    finish("guard_verify",
           found == NULL ? guard_faults(guard) : ONE(found->file->at_place ? RALPH_LOCK_OK : RALPH_LOCK_LOST),
           status);
}

static void call_guard_previous(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    bool wanted = usually();
    ralph_lock_metadata *metadata = RUBBISH;
    set allowed = guard_faults(guard) | (wanted ? 0 : ONE(RALPH_LOCK_INVALID_ARGUMENT));
    ralph_lock_status status = ralph_lock_guard_previous(guard, wanted ? &metadata : NULL, error_place());

    if (!allowed)
        allowed = ONE(found->has_previous ? RALPH_LOCK_OK : RALPH_LOCK_NOT_FOUND);
    finish("guard_previous", allowed, status);
    CHECK(!wanted || (metadata != NULL) == (status == RALPH_LOCK_OK));
    if (status == RALPH_LOCK_OK)
        keep_metadata(metadata, &found->record);
}


/* The lock file is put back: the guard then holds the file that is there now, or a new one. */
static void put_back(object *guard)
{
    file *old = guard->file, *of = file_at(guard->root, guard->lock_file);

    if (of == NULL)
        of = new_file((size_t)guard->root->directory, guard->lock_file);
    note_holder(of, old->record);
    old->guarded = old->named = false;
    guard->file = of;
}

static void call_guard_restore(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    bool wanted = usually();
    ralph_lock_metadata *holder = RUBBISH;
    set allowed = guard_faults(guard);
    ralph_lock_status status = ralph_lock_guard_restore(guard, wanted ? &holder : NULL, error_place());

    if (!allowed) {
        if (found->file->at_place)
            allowed = ONE(RALPH_LOCK_OK);
        else if (is_held(file_at(found->root, found->lock_file)))
            allowed = ONE(RALPH_LOCK_ALREADY_LOCKED);
        else
            allowed = ONE(is_protected(found->root, found->lock_file) ? RALPH_LOCK_INVALID_ARGUMENT : RALPH_LOCK_OK);
    }
    finish("guard_restore", allowed, status);
    if (wanted) {
        const record *of = status == RALPH_LOCK_ALREADY_LOCKED ? holder_at(found->root, found->lock_file) : NULL;

        CHECK((holder != NULL) == (of != NULL));
        if (holder != NULL)
            keep_metadata(holder, of);
    }
    if (status == RALPH_LOCK_OK && !found->file->at_place)
        put_back(found);
}

static void call_guard_into_fd(void)
{
    ralph_lock_guard *guard = pick_handle(GUARD);
    object *found = find(guard, GUARD);
    bool wanted = usually();
    int32_t fd = 77;
    set allowed = guard_faults(guard) | (wanted ? 0 : ONE(RALPH_LOCK_INVALID_ARGUMENT));
    ralph_lock_status status = ralph_lock_guard_into_fd(guard, wanted ? &fd : NULL, error_place());

    finish("guard_into_fd", allowed ? allowed : ONE(RALPH_LOCK_OK), status);
    CHECK(!wanted || (fd == -1) == (status != RALPH_LOCK_OK));
    if (status == RALPH_LOCK_OK) {
        CHECK(fcntl(fd, F_GETFD) == 0);
        keep_descriptor(fd, found->file, true);
        found->file->holder = fd;
        forget_guard(found);
    }
}

static void call_adopt_fd(void)
{
    static descriptor closed[] = {{-1, NULL, false}, {1 << 20, NULL, false}, {INT32_MIN, NULL, false}};
    const root *which = pick_root();
    const char *prompt = pick_prompt();
    ralph_lock_options *options = pick_handle(OPTIONS);
    object *chosen = find(options, OPTIONS);
    descriptor *given = descriptors_used > 0 && usually() ? &descriptors[below(descriptors_used)] : &closed[below(3)];
    bool wanted = usually();
    ralph_lock_guard *guard = RUBBISH;
    size_t lock_file = chosen != NULL ? chosen->lock_file : 0;
    file *of = given->file;
    set allowed = faults_of(which, prompt, wanted);
    bool takes_lock = false;
    ralph_lock_status status;

    if (options != NULL && chosen == NULL)
        allowed |= ONE(RALPH_LOCK_INVALID_HANDLE);
    if (!given->writable)
        allowed |= ONE(RALPH_LOCK_INVALID_ARGUMENT);
    if (!allowed) {
        if (which->directory == -1)
            allowed = ONE(which->status);
        else if (of == NULL || file_at(which, lock_file) != of)
            allowed = ONE(of != NULL && !of->at_place ? RALPH_LOCK_LOST : RALPH_LOCK_INVALID_ARGUMENT);
        else if (is_held(of) && of->holder != given->fd)
            allowed = ONE(RALPH_LOCK_ALREADY_LOCKED);
        else if (lock_file == 0 && held_roots[which->directory])
            allowed = ONE(RALPH_LOCK_LOST);
        else
            allowed = ONE(is_protected(which, lock_file) ? RALPH_LOCK_INVALID_ARGUMENT : RALPH_LOCK_OK);
        /* From here on the descriptor has the lock, also when the call is refused for another reason. */
        takes_lock = of != NULL && file_at(which, lock_file) == of && !is_held(of);
    }
    status = ralph_lock_adopt_fd(which->path, prompt, options, given->fd, wanted ? &guard : NULL, error_place());
    finish("adopt_fd", allowed, status);
    CHECK(!wanted || (guard != NULL) == (status == RALPH_LOCK_OK));
    CHECK((fcntl(given->fd, F_GETFD) == -1) == (status == RALPH_LOCK_OK || given->fd < 0 || given->fd == 1 << 20));
    if (status == RALPH_LOCK_OK) {
        forget_descriptor(given);
        keep_guard(guard, which, lock_file, prompt, false);
    } else if (takes_lock) {
        of->holder = given->fd;
    }
}

#endif
