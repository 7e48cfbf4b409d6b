/* no_room ROOT ERRNO WRITES: a full file system, where writes fail with ERRNO: ENOSPC, or EDQUOT if a quota is used up.
 * ROOT is a folder on it; this program fills it.
 *
 * Where the file system writes `in-place`, a used lock file keeps its blocks and can be locked, also after a crash. Where
 * each write goes to a `new-place`, it may fail. Either way a call that gets no space returns that error and leaves the lock
 * free, and no reader gets a part of a record; when there is space again, every call works. */
#include "check.h"
#include "inspecting.h"

static char *root;
static int full;
static const char *full_name;
static int fillers;
static int taken, refused;

static char *prompt_of(size_t length)
{
    char *prompt = malloc(length + 1);

    CHECK(prompt != NULL);
    memset(prompt, 'x', length);
    prompt[length] = '\0';
    return prompt;
}

static char *workspace(const char *name)
{
    char *path = path_of("%s/%s", root, name);

    CHECK(mkdir(path, 0777) == 0);
    return path;
}

/* A workspace whose lock was held and released. */
static char *used_workspace(const char *name, const char *prompt)
{
    char *path = workspace(name);

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(acquire(path, prompt)));
    return path;
}

/* A workspace whose holder was killed. */
static char *dead_workspace(const char *name, const char *prompt)
{
    char *path = workspace(name);
    process holder = hold(path, prompt);

    kill_hard(&holder);
    return path;
}

/* Fills the file system until no file can get another byte. Space that was reserved for cached writes and is returned when
 * they reach the disk is filled too. */
static void fill(void)
{
    static const char block[4096] = "x";
    bool found = true;

    while (found) {
        int file = open(path_of("%s/filler-%d", root, fillers), O_WRONLY | O_CREAT | O_EXCL, 0666);
        off_t size = 0, step;

        found = false;
        if (file == -1) {
            CHECK(errno == full);
            break;
        }
        fillers++;
        for (step = 64 << 20; step >= (off_t)sizeof block; step /= 2)
            while (fallocate(file, 0, size, step) == 0) {
                size += step;
                found = true;
            }
        CHECK(errno == full);
        while (pwrite(file, block, sizeof block, size) > 0) {
            size += (off_t)sizeof block;
            found = true;
        }
        CHECK(errno == full);
        CHECK(fsync(file) == 0 || errno == full);
        CHECK(close(file) == 0);
        sync();
    }
    CHECK(fillers > 0);
}

static void make_room(void)
{
    for (; fillers > 0; fillers--)
        CHECK(unlink(path_of("%s/filler-%d", root, fillers - 1)) == 0);
    sync();
}

/* Whether a call failed because the file system is full. */
static bool is_refused(ralph_lock_status status, ralph_lock_guard **guard)
{
    if (status == RALPH_LOCK_OK)
        return false;
    CHECK_STATUS(RALPH_LOCK_IO, status);
    CHECK(errno == full && *guard == NULL);
    refused++;
    return true;
}

/* With its quota used up btrfs refuses to truncate too, so that a part of a record can stay. */
static bool can_shorten;

/* Every way to acquire fails and leaves nothing that a reader would see. */
static void check_refused(const char *where, const char *prompt)
{
    int descriptors = open_descriptors();
    const char *file = lock_file_of(where);
    ralph_lock_options *options = timeout_of(1000);
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;

    CHECK(is_refused(ralph_lock_try_acquire(where, prompt, &guard, NULL, &error), &guard));
    CHECK(ralph_lock_error_os_code(error) == full);
    ralph_lock_error_free(error);
    CHECK(is_refused(ralph_lock_acquire_blocking(where, prompt, &guard, NULL), &guard));
    CHECK(is_refused(ralph_lock_acquire_with(where, prompt, options, &guard, NULL, NULL), &guard));
    ralph_lock_options_free(options);
    CHECK(!can_shorten || access(file, F_OK) == -1 || is_blank(file));
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(where, &metadata, NULL));
    CHECK(!is_locked(where));
    check_state(where, RALPH_LOCK_STATE_FREE, NULL);
    CHECK(open_descriptors() == descriptors);
}

/* A process holds the lock and releases it; another is killed, and the next holder gets its record. */
static void check_works(const char *where, const char *prompt)
{
    process holder = hold(where, prompt);
    ralph_lock_guard *guard;
    ralph_lock_metadata *previous;

    check_held(where, prompt);
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    CHECK(is_blank(lock_file_of(where)));
    check_state(where, RALPH_LOCK_STATE_FREE, NULL);
    say(&holder, 'x');
    finish(&holder);

    holder = hold(where, prompt);
    kill_hard(&holder);
    check_state(where, RALPH_LOCK_STATE_STALE, prompt);
    guard = acquire(where, prompt);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_previous(guard, &previous, NULL));
    CHECK(ralph_lock_metadata_pid(previous) == (uint32_t)holder.pid);
    ralph_lock_metadata_free(previous);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(lock_file_of(where)));
    taken += 3;
}

/* The lock is free, and the file is blank or has a whole record with this prompt. */
static void check_left_whole(const char *where, const char *prompt)
{
    CHECK(!is_locked(where));
    if (is_blank(lock_file_of(where)))
        check_state(where, RALPH_LOCK_STATE_FREE, NULL);
    else
        check_state(where, RALPH_LOCK_STATE_STALE, prompt);
}

/* The lock is taken and released, or the call fails. Only a record that a failed release could not erase may stay. */
static void check_works_or_is_refused(const char *where, const char *prompt)
{
    ralph_lock_guard *guard;
    ralph_lock_status status;

    if (!is_refused(ralph_lock_try_acquire(where, prompt, &guard, NULL, NULL), &guard)) {
        taken++;
        check_held(where, prompt);
        status = ralph_lock_release(guard);
        CHECK(status == RALPH_LOCK_OK || (status == RALPH_LOCK_IO && errno == full));
        CHECK((status == RALPH_LOCK_OK) == is_blank(lock_file_of(where)));
    }
    check_left_whole(where, prompt);
}

/* Holds a lock while the file system fills, and reports whether its release erased the record. */
static void hold_until_told(void *argument)
{
    const holding *what = argument;
    ralph_lock_guard *guard = acquire(what->root, what->prompt);
    ralph_lock_status status;

    say(&starter, 'h');
    CHECK(hear(&starter) == 'r');
    status = ralph_lock_release(guard);
    CHECK(status == RALPH_LOCK_OK || (status == RALPH_LOCK_IO && errno == full));
    say(&starter, status == RALPH_LOCK_OK ? 'o' : 'f');
    hear(&starter);
}

/* Returns whether the release erased the record. */
static bool release(process *holder, const holding *held)
{
    bool is_out;

    check_held(held->root, held->prompt);
    say(holder, 'r');
    is_out = hear(holder) == 'o';
    CHECK(is_out == is_blank(lock_file_of(held->root)));
    check_left_whole(held->root, held->prompt);
    say(holder, 'x');
    finish(holder);
    return is_out;
}

int main(int count, char **arguments)
{
    char *fresh, *folder, *big = prompt_of(1 << 20), *block = prompt_of(3000);
    char *used, *used_block, *dead, *dead_block, *spare;
    holding held, held_block;
    process holder, holder_block;
    bool in_place, is_out;

    CHECK(count == 4);
    root = arguments[1];
    full_name = arguments[2];
    full = strcmp(full_name, "EDQUOT") == 0 ? EDQUOT : ENOSPC;
    in_place = strcmp(arguments[3], "in-place") == 0;
    can_shorten = in_place || full == ENOSPC;

    fresh = workspace("fresh");
    folder = workspace("folder");
    CHECK(mkdir(path_of("%s/.ralph", folder), 0777) == 0);
    used = used_workspace("used", "short");
    used_block = used_workspace("used-block", block);
    dead = dead_workspace("dead", "short");
    dead_block = dead_workspace("dead-block", block);
    held.root = workspace("held");
    held.prompt = "short";
    held_block.root = workspace("held-block");
    held_block.prompt = block;
    holder = start(hold_until_told, &held);
    holder_block = start(hold_until_told, &held_block);
    CHECK(hear(&holder) == 'h' && hear(&holder_block) == 'h');
    /* Space for a part of a large record. */
    spare = path_of("%s/spare", root);
    write_file(spare, big, 1 << 18);
    sync();
    fill();

    check_refused(fresh, "short");
    check_refused(folder, "short");
    check_refused(folder, block);
    if (in_place) {
        check_works(used, "short");
        check_works(used_block, block);
        check_works(dead, "short");
        check_works(dead_block, block);
        check_refused(used, big);
        check_works(used, "short");
        CHECK(release(&holder, &held) && release(&holder_block, &held_block));
        check_works(held.root, "short");
        check_works(held_block.root, block);
    } else {
        /* A short record has no block of its own to keep. */
        check_refused(used, "short");
        check_works_or_is_refused(used_block, block);
        check_works_or_is_refused(dead, "short");
        check_works_or_is_refused(dead_block, block);
        check_refused(used, big);
        is_out = release(&holder, &held);
        is_out = release(&holder_block, &held_block) && is_out;
        CHECK(is_out == can_shorten);
    }
    printf("%d locks taken, %d refused with %s", taken, refused, full_name);
    taken = 0;

    /* A record that fits in part is erased again. */
    CHECK(unlink(spare) == 0);
    sync();
    check_refused(used, big);
    check_refused(fresh, big);

    make_room();
    check_works(fresh, big);
    check_works(folder, "short");
    check_works(used, big);
    check_works(dead, block);
    check_works(dead_block, "short");
    check_works(held.root, "short");
    printf("; with space again %d taken\n", taken);
    return 0;
}
