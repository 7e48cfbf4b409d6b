/* Handing over a held lock, with contenders that try to take it in between. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include "check.h"

#include <sys/mman.h>
#include <sys/socket.h>

/* Turns a guard into a descriptor. */
UNUSED static int into_fd(ralph_lock_guard *guard)
{
    ralph_lock_error *error;
    int32_t fd;
    ralph_lock_status status = ralph_lock_guard_into_fd(guard, &fd, &error);

    if (status != RALPH_LOCK_OK)
        fail(__FILE__, __LINE__, "cannot hand over: %s", ralph_lock_error_message(error));
    CHECK(error == NULL && fd >= 0);
    return fd;
}

/* Makes a guard of a descriptor. */
UNUSED static ralph_lock_guard *adopt(const char *root, const char *prompt, int fd)
{
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_adopt_fd(root, prompt, NULL, fd, &guard, &error);

    if (status != RALPH_LOCK_OK)
        fail(__FILE__, __LINE__, "cannot adopt: %s", ralph_lock_error_message(error));
    CHECK(error == NULL && guard != NULL);
    CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
    return guard;
}

/* Checks with every function that names a holder that this running process is the one. */
UNUSED static void check_holder(const char *root, pid_t pid, const char *prompt)
{
    ralph_lock_metadata *holder;
    ralph_lock_guard *guard;
    ralph_lock_state state;
    int way;

    for (way = 0; way < 3; way++) {
        if (way == 0) {
            CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "try", &guard, &holder, NULL));
        } else if (way == 1) {
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(root, &state, &holder, NULL));
            CHECK(state == RALPH_LOCK_STATE_HELD);
        } else {
            CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &holder, NULL));
        }
        CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)pid);
        CHECK_TEXT(prompt, ralph_lock_metadata_prompt(holder));
        CHECK(ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_LIVE);
        ralph_lock_metadata_free(holder);
    }
}

/* Checks that the lock is free and the file blank, as a release leaves them. */
UNUSED static void check_free(const char *root)
{
    CHECK(!is_locked(root));
    CHECK(is_blank(lock_file_of(root)));
    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
}

/* Whether a letter is waiting. */
UNUSED static bool is_spoken_to(process *other)
{
    struct pollfd polled = {other->from, POLLIN, 0};

    return poll(&polled, 1, 0) == 1;
}

UNUSED static void contend(void *root)
{
    char letter = 'r';

    do {
        bool spoken_to = is_spoken_to(&starter);

        if (spoken_to)
            letter = hear(&starter);
        CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, try_only(root));
        if (spoken_to && letter != '\0')
            say(&starter, letter);
    } while (letter != 'e' && letter != '\0');
}

/* Starts a process that tries for the lock in a loop, and fails unless it is refused each time. */
UNUSED static process start_contender(const char *root)
{
    return start(contend, (void *)(uintptr_t)root);
}

/* Waits until a contender has been refused once more. */
UNUSED static void refused_again(process *contender)
{
    say(contender, 'r');
    CHECK(hear(contender) == 'r');
}

UNUSED static void end_contender(process *contender)
{
    say(contender, 'e');
    finish(contender);
}

/* Sends a descriptor over a Unix socket. */
UNUSED static void send_fd(int to, int fd)
{
    char letter = 'f';
    struct iovec text = {&letter, 1};
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message;

    memset(&message, 0, sizeof message);
    memset(&control, 0, sizeof control);
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control.room;
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    CHECK(sendmsg(to, &message, 0) == 1);
}

/* Waits for one; -1 when the other side is gone. */
UNUSED static int receive_fd(int from)
{
    char letter;
    struct iovec text = {&letter, 1};
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message;
    ssize_t count;
    int fd;

    memset(&message, 0, sizeof message);
    memset(&control, 0, sizeof control);
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control.room;
    count = recvmsg(from, &message, 0);
    if (count == 0)
        return -1;
    CHECK(count == 1 && control.head.cmsg_type == SCM_RIGHTS && control.head.cmsg_len == CMSG_LEN(sizeof fd));
    memcpy(&fd, CMSG_DATA(&control.head), sizeof fd);
    return fd;
}

#endif
