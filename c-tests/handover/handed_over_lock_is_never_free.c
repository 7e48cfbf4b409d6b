/* A held lock goes to a child by fork, fork and exec, posix_spawn or a Unix socket. No contender gets it in between,
 * even when the parent is killed; from then on the child is the holder. */
#include "check.h"
#include "handover.h"

#include <spawn.h>

extern char **environ;

typedef enum road { FORK, FORK_EXEC, SPAWN, SOCKET } road;

/* When and how the parent ends. */
typedef enum ending { EXITS_LATER, KILLED_LATER, EXITS_BEFORE, KILLED_BEFORE } ending;

typedef struct handing {
    const char *root;
    road road;
    int sockets[2];
    /* The heir's ends of its line to main(), open across exec. */
    process up;
} handing;

/* The heir, which gets the lock; `up` leads to main(). */
static void inherit(const char *root, int fd, process *up)
{
    pid_t own = getpid();
    ralph_lock_guard *guard;

    CHECK(write(up->to, &own, sizeof own) == sizeof own);
    CHECK(hear(up) == 'a');
    guard = adopt(root, "heir", fd);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    say(up, 'a');
    CHECK(hear(up) == 'r');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    say(up, 'r');
    hear(up);
}

/* The parent, which has the lock first. */
static void parent_body(void *argument)
{
    handing *what = argument;
    ralph_lock_guard *guard = acquire(what->root, "parent");
    char *words[] = {path_of("heir"), path_of("%s", what->root), NULL, NULL, NULL, NULL};
    pid_t pid;
    int fd;

    say(&starter, 'h');
    CHECK(hear(&starter) == 'g');
    fd = into_fd(guard);
    words[2] = path_of("%d", fd);
    words[3] = path_of("%d", what->up.to);
    words[4] = path_of("%d", what->up.from);
    if (what->road == SOCKET) {
        send_fd(what->sockets[0], fd);
    } else if (what->road == SPAWN) {
        CHECK(posix_spawn(&pid, own_program(), NULL, NULL, words, environ) == 0);
    } else {
        pid = fork();
        CHECK(pid >= 0);
        if (pid == 0 && what->road == FORK) {
            inherit(what->root, fd, &what->up);
            exit(0);
        }
        if (pid == 0) {
            execv(own_program(), words);
            fail(__FILE__, __LINE__, "cannot exec");
        }
    }
    close(what->up.to);
    close(what->up.from);
    say(&starter, 'g');
    /* Until then this process has the descriptor too. */
    hear(&starter);
}

/* Receives the descriptor without being a child of the sender. */
static void stranger_body(void *argument)
{
    handing *what = argument;
    int fd;

    close(what->sockets[0]);
    fd = receive_fd(what->sockets[1]);
    inherit(what->root, fd, &what->up);
}

static void end(process *parent, bool killed)
{
    if (killed) {
        kill_hard(parent);
        return;
    }
    say(parent, 'x');
    finish(parent);
}

static void hand_over(road road, ending how)
{
    bool before = how == EXITS_BEFORE || how == KILLED_BEFORE;
    bool killed = how == KILLED_LATER || how == KILLED_BEFORE;
    handing what = {new_workspace(), road, {-1, -1}, {0, -1, -1}};
    process parent, contenders[2], stranger = {0, -1, -1}, heir;
    int down[2], up[2], i;

    CHECK(pipe(down) == 0 && pipe(up) == 0);
    CHECK(fcntl(down[1], F_SETFD, FD_CLOEXEC) == 0 && fcntl(up[0], F_SETFD, FD_CLOEXEC) == 0);
    what.up.to = up[1];
    what.up.from = down[0];
    heir.to = down[1];
    heir.from = up[0];
    if (road == SOCKET) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, what.sockets) == 0);
        stranger = start(stranger_body, &what);
    }
    parent = start(parent_body, &what);
    CHECK(hear(&parent) == 'h');
    close(up[1]);
    close(down[0]);
    for (i = 0; i < 2; i++) {
        contenders[i] = start_contender(what.root);
        refused_again(&contenders[i]);
    }

    say(&parent, 'g');
    CHECK(hear(&parent) == 'g');
    CHECK(read(heir.from, &heir.pid, sizeof heir.pid) == sizeof heir.pid);
    CHECK(heir.pid != parent.pid);
    if (before) {
        ralph_lock_metadata *holder;
        ralph_lock_state state;

        check_holder(what.root, parent.pid, "parent");
        end(&parent, killed);
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_inspect(what.root, &state, &holder, NULL));
        CHECK(state == RALPH_LOCK_STATE_HELD);
        CHECK(ralph_lock_metadata_liveness(holder) == RALPH_LOCK_LIVENESS_DEAD);
        CHECK_TEXT("parent", ralph_lock_metadata_prompt(holder));
        ralph_lock_metadata_free(holder);
        for (i = 0; i < 2; i++)
            refused_again(&contenders[i]);
    }
    say(&heir, 'a');
    CHECK(hear(&heir) == 'a');
    check_holder(what.root, heir.pid, "heir");
    if (!before)
        end(&parent, killed);
    for (i = 0; i < 2; i++)
        refused_again(&contenders[i]);
    check_holder(what.root, heir.pid, "heir");
    for (i = 0; i < 2; i++)
        end_contender(&contenders[i]);

    say(&heir, 'r');
    CHECK(hear(&heir) == 'r');
    check_free(what.root);
    say(&heir, 'x');
    finish(&heir);
    if (road == SOCKET) {
        CHECK(stranger.pid == heir.pid);
        close(stranger.to);
        close(stranger.from);
        close(what.sockets[0]);
        close(what.sockets[1]);
    }
}

int main(int count, char **words)
{
    int road, how;

    if (count == 5) {
        process up = {0, atoi(words[3]), atoi(words[4])};

        inherit(words[1], atoi(words[2]), &up);
        return 0;
    }
    /* Heirs become children of this process when their parents end. */
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    for (road = FORK; road <= SOCKET; road++)
        for (how = EXITS_LATER; how <= KILLED_BEFORE; how++)
            hand_over((enum road)road, (ending)how);
    return 0;
}
