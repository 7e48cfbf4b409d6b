/* Linux allows one descriptor in 500 nested epoll sets; one token ends more waits than that. */
#include "check.h"

#include <sys/epoll.h>

#define WAITS 1000

/* Descriptors for each wait. */
#define EACH 6

static void end_all(const char *root, ralph_lock_cancel *cancel, int waits)
{
    static ralph_lock_waiter *waiters[WAITS];
    ralph_lock_options *options = ralph_lock_options_new();
    struct epoll_event events[64];
    ralph_lock_guard *guard;
    int set = epoll_create1(EPOLL_CLOEXEC);
    int i, count, ended = 0;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, cancel));
    for (i = 0; i < waits; i++) {
        struct epoll_event event = {EPOLLIN, {0}};

        event.data.u32 = (uint32_t)i;
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "one of many", options, &waiters[i], NULL));
        CHECK(epoll_ctl(set, EPOLL_CTL_ADD, ralph_lock_waiter_fd(waiters[i]), &event) == 0);
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiters[i], &guard, NULL, NULL));
    }
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    while (ended < waits) {
        count = epoll_wait(set, events, 64, -1);
        CHECK(count > 0);
        for (i = 0; i < count; i++) {
            ralph_lock_waiter **waiter = &waiters[events[i].data.u32];

            CHECK_STATUS(RALPH_LOCK_CANCELLED, ralph_lock_waiter_step(*waiter, &guard, NULL, NULL));
            CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_step(*waiter, &guard, NULL, NULL));
            CHECK(epoll_ctl(set, EPOLL_CTL_DEL, ralph_lock_waiter_fd(*waiter), NULL) == 0);
            ralph_lock_waiter_free(*waiter);
            *waiter = NULL;
            ended++;
        }
    }
    ralph_lock_options_free(options);
    close(set);
}

int main(void)
{
    char *root = new_workspace();
    int waits = room_for(WAITS, EACH), i, descriptors;
    ralph_lock_guard *guard = acquire(root, "stays");
    ralph_lock_cancel *cancel;

    /* The first wait opens what all later ones share. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    end_all(root, cancel, waits);
    ralph_lock_cancel_free(cancel);
    descriptors = open_descriptors();
    for (i = 0; i < 2; i++) {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
        end_all(root, cancel, waits);
        ralph_lock_cancel_free(cancel);
        CHECK(open_descriptors() == descriptors);
    }
    check_held(root, "stays");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return 0;
}
