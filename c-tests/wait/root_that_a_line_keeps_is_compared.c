/* A wait that stands in line leaves its root's descriptor to the others. Once the program has closed that and uses its
 * number for another workspace, no wait takes that one's lock, and the line does not close it. */
#include "check.h"
#include "inspecting.h"
#include "threads.h"

#include <sys/syscall.h>

static char *root;
static pthread_t main_thread;
static bool sleeps;

/* Replaces the function that the library calls to sleep. */
int ppoll(struct pollfd *polled, nfds_t count, const struct timespec *time, const sigset_t *mask)
{
    struct timespec left = *time;

    if (!pthread_equal(pthread_self(), main_thread))
        __atomic_store_n(&sleeps, true, __ATOMIC_SEQ_CST);
    return (int)syscall(SYS_ppoll, polled, count, &left, mask, _NSIG / 8);
}

static void *stand_by(void *token)
{
    ralph_lock_options *options = ralph_lock_options_new();

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, token));
    CHECK_STATUS(RALPH_LOCK_CANCELLED, wait_only(root, options));
    ralph_lock_options_free(options);
    return NULL;
}

/* The descriptor of the root other than that one. */
static int root_other_than(int known)
{
    struct stat wanted, found;
    int fd;

    CHECK(stat(root, &wanted) == 0);
    for (fd = 3; fd < 100; fd++)
        if (fd != known && fstat(fd, &found) == 0 && found.st_ino == wanted.st_ino && found.st_dev == wanted.st_dev)
            return fd;
    return -1;
}

int main(void)
{
    char *other;
    process holder;
    ralph_lock_waiter *first, *next;
    ralph_lock_cancel *token;
    ralph_lock_guard *guard;
    pthread_t thread;
    int kept, number;

    root = new_workspace();
    other = new_workspace();
    main_thread = pthread_self();
    holder = hold(root, "holder");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&token, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "first", NULL, &first, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(first, &guard, NULL, NULL));
    kept = root_other_than(-1);
    thread = start_thread(stand_by, token);
    while (!__atomic_load_n(&sleeps, __ATOMIC_SEQ_CST))
        sched_yield();
    number = root_other_than(kept);
    CHECK(kept != -1 && number != -1);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(token));
    join(thread);

    CHECK(close(number) == 0);
    CHECK(open(other, O_RDONLY | O_DIRECTORY | O_CLOEXEC) == number);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "next", NULL, &next, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(next, &guard, NULL, NULL));
    ralph_lock_waiter_free(first);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(next, &guard, NULL, NULL));
    CHECK(!is_locked(other) && access(path_of("%s/.ralph", other), F_OK) == -1);
    ralph_lock_waiter_free(next);
    ralph_lock_cancel_free(token);
    CHECK(fcntl(number, F_GETFD) != -1);
    kill_hard(&holder);
    return 0;
}
