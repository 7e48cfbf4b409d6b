/* One thread waits for 1,000 locks with epoll and a few of the user's 128 inotify instances; when the locks are
 * released in random order, it gets each exactly once. */
#include "check.h"

#include <sys/epoll.h>

#define LOCKS 1000

/* Descriptors for each wait, and for the lock that it gets. */
#define EACH 7

/* How many waits share an inotify instance. */
#define SHARE 100

static char *roots[LOCKS];
static int locks;

/* As few instances as possible, and one watch for each wait. Later waits reuse the instances, not the watches. */
static void check_inotify(int waits)
{
    int instances, watches, needed = (locks + SHARE - 1) / SHARE;

    count_inotify(&instances, &watches);
    CHECK(instances <= needed);
    if (instances == needed)
        CHECK(watches == waits);
    else
        puts("other processes have used up the user's inotify instances");
}

/* Holds all of them; on 'r' it releases them in random order. */
static void hold_all(void *argument)
{
    static ralph_lock_guard *guards[LOCKS];
    int order[LOCKS], i;
    unsigned seed = (unsigned)getpid();

    (void)argument;
    for (i = 0; i < locks; i++) {
        guards[i] = acquire(roots[i], "has all");
        order[i] = i;
    }
    say(&starter, 'h');
    CHECK(hear(&starter) == 'r');
    for (i = locks - 1; i > 0; i--) {
        int j = rand_r(&seed) % (i + 1), kept = order[i];

        order[i] = order[j];
        order[j] = kept;
    }
    for (i = 0; i < locks; i++)
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guards[order[i]]));
    say(&starter, 'd');
    hear(&starter);
}

int main(void)
{
    static ralph_lock_waiter *waiters[LOCKS];
    static ralph_lock_guard *guards[LOCKS];
    struct epoll_event events[64];
    ralph_lock_guard *guard;
    process holder;
    int set = epoll_create1(EPOLL_CLOEXEC);
    int i, count, had = 0, descriptors;

    locks = room_for(LOCKS, EACH);
    for (i = 0; i < locks; i++) {
        roots[i] = path_of("%d", i);
        CHECK(mkdir(roots[i], 0777) == 0);
    }
    descriptors = open_descriptors();
    holder = start(hold_all, NULL);
    CHECK(hear(&holder) == 'h');
    for (i = 0; i < locks; i++) {
        struct epoll_event event = {EPOLLIN, {0}};

        event.data.u32 = (uint32_t)i;
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(roots[i], "one of many", NULL, &waiters[i], NULL));
        CHECK(epoll_ctl(set, EPOLL_CTL_ADD, ralph_lock_waiter_fd(waiters[i]), &event) == 0);
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiters[i], &guard, NULL, NULL));
    }
    check_inotify(locks);
    say(&holder, 'r');
    while (had < locks) {
        count = epoll_wait(set, events, 64, -1);
        CHECK(count > 0);
        for (i = 0; i < count; i++) {
            uint32_t which = events[i].data.u32;
            ralph_lock_status status;

            CHECK(waiters[which] != NULL && guards[which] == NULL);
            status = ralph_lock_waiter_step(waiters[which], &guards[which], NULL, NULL);
            if (status == RALPH_LOCK_ALREADY_LOCKED)
                continue;
            CHECK_STATUS(RALPH_LOCK_OK, status);
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guards[which], NULL));
            CHECK(epoll_ctl(set, EPOLL_CTL_DEL, ralph_lock_waiter_fd(waiters[which]), NULL) == 0);
            ralph_lock_waiter_free(waiters[which]);
            waiters[which] = NULL;
            had++;
        }
    }
    CHECK(hear(&holder) == 'd');
    say(&holder, 'x');
    finish(&holder);
    for (i = 0; i < locks; i++) {
        CHECK(waiters[i] == NULL);
        check_held(roots[i], "one of many");
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guards[i]));
        CHECK(is_blank(lock_file_of(roots[i])));
    }
    check_inotify(0);
    CHECK(open_descriptors() <= descriptors + LOCKS / SHARE);
    return 0;
}
