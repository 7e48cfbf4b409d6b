/* copied_up OVERLAY LOWER: workspaces on an overlay whose lock files are in the lower layer, as in a container image, each
 * with the record of a holder that died. The first open for writing copies such a file to the upper layer; before, during
 * and after the copy the lock must be one.
 *
 * copied_up LOWER makes these workspaces. */
#include "inspecting.h"
#include "threads.h"

#include <sys/mman.h>

enum { WORKSPACES = 20, PROCESSES = 6, ROUNDS = 10 };

static char *workspace(const char *layer, int i)
{
    return path_of("%s/workspace-%d", layer, i);
}

static void make_workspaces(const char *lower)
{
    int i;

    for (i = 0; i < WORKSPACES; i++) {
        CHECK(mkdir(workspace(lower, i), 0777) == 0);
        leave_record(workspace(lower, i), "in the image");
    }
}

/* The next holder gets the record from the image, keeps the lock when the file is removed, and puts the file back. */
static void check_first(const char *root)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *previous;

    check_state(root, RALPH_LOCK_STATE_STALE, "in the image");
    guard = acquire(root, "copies");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_previous(guard, &previous, NULL));
    CHECK_TEXT("in the image", ralph_lock_metadata_prompt(previous));
    ralph_lock_metadata_free(previous);
    check_held(root, "copies");

    CHECK(unlink(lock_file_of(root)) == 0);
    CHECK_STATUS(RALPH_LOCK_LOST, ralph_lock_guard_verify(guard, NULL));
    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_restore(guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    check_held(root, "copies");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(lock_file_of(root)));
}

/* flock(1) opens the file for reading only, which copies nothing. Its lock also excludes a process that opens the copy. */
static void check_lock_from_before(const char *root)
{
    process holder = hold_plainly(root, LOCK_EX);

    CHECK(try_only(root) == RALPH_LOCK_ALREADY_LOCKED);
    CHECK(is_locked(root));
    kill_hard(&holder);
    check_state(root, RALPH_LOCK_STATE_STALE, "in the image");
    CHECK(try_only(root) == RALPH_LOCK_OK);
}

/* In memory that all processes share. */
static occupancy *place;

static void contend(void *root)
{
    int i;

    hear(&starter);
    for (i = 0; i < ROUNDS; i++) {
        ralph_lock_guard *guard = wait_for(root, "contends", i % 2 == 0 ? BLOCKING : TIMED);

        occupy(place);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    }
}

/* Several processes contend while the file is copied. */
static void check_contended(char *root)
{
    process processes[PROCESSES];
    int i;

    place->count = 0;
    for (i = 0; i < PROCESSES; i++)
        processes[i] = start(contend, root);
    for (i = 0; i < PROCESSES; i++)
        say(&processes[i], 'g');
    for (i = 0; i < PROCESSES; i++)
        finish(&processes[i]);
    CHECK(place->count == PROCESSES * ROUNDS);
    CHECK(is_blank(lock_file_of(root)));
}

int main(int count, char **arguments)
{
    char *lower[WORKSPACES];
    int i;

    CHECK(count == 2 || count == 3);
    if (count == 2) {
        make_workspaces(arguments[1]);
        return 0;
    }
    place = mmap(NULL, sizeof *place, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(place != MAP_FAILED);
    for (i = 0; i < WORKSPACES; i++)
        lower[i] = read_file(lock_file_of(workspace(arguments[2], i)), NULL);
    check_first(workspace(arguments[1], 0));
    check_lock_from_before(workspace(arguments[1], 1));
    for (i = 2; i < WORKSPACES; i++)
        check_contended(workspace(arguments[1], i));
    /* The files in the lower layer are unchanged. */
    for (i = 0; i < WORKSPACES; i++)
        CHECK_TEXT(lower[i], read_file(lock_file_of(workspace(arguments[2], i)), NULL));
    printf("%d files, %d rounds of %d processes, no overlap\n", WORKSPACES, (WORKSPACES - 2) * ROUNDS, PROCESSES);
    return 0;
}
