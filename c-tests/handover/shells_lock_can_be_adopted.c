/* A program can adopt the lock that its starting shell took with flock(1), and keeps it when the shell ends. */
#include "check.h"
#include "handover.h"

/* The program that the shell starts. */
static void adopt_and_hold(const char *root, process *up)
{
    pid_t own = getpid();
    ralph_lock_guard *guard = adopt(root, "started by a shell", 9);

    CHECK(write(up->to, &own, sizeof own) == sizeof own);
    CHECK(hear(up) == 'r');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    say(up, 'r');
    hear(up);
}

static void run_shell(void *argument)
{
    execl("/bin/sh", "sh", "-c", argument, (char *)NULL);
}

int main(int count, char **words)
{
    char *root, *script, program[4096];
    int down[2], up[2], ended, i;
    process shell, heir, contender;
    ssize_t length;

    if (count == 4) {
        process line = {0, atoi(words[2]), atoi(words[3])};

        adopt_and_hold(words[1], &line);
        return 0;
    }
    CHECK(system("command -v flock >/dev/null") == 0);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    length = readlink("/proc/self/exe", program, sizeof program - 1);
    CHECK(length > 0);
    program[length] = '\0';
    for (i = 0; i < 2; i++) {
        root = new_workspace();
        /* Creates the file. */
        CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
        CHECK(pipe(down) == 0 && pipe(up) == 0);
        CHECK(fcntl(down[1], F_SETFD, FD_CLOEXEC) == 0 && fcntl(up[0], F_SETFD, FD_CLOEXEC) == 0);
        CHECK(dup2(up[1], 8) == 8 && dup2(down[0], 7) == 7);
        close(up[1]);
        close(down[0]);
        /* The shell ends while the program continues. */
        script = path_of("set -e; cd '%s'; exec 9<>" RALPH_LOCK_FILE "; flock 9; '%s' '%s' 8 7 & %s", root, program,
                         root, i == 0 ? "exit 0" : "kill -9 $$");
        shell = start(run_shell, script);
        ended = reap(&shell);
        CHECK(i == 0 ? WIFEXITED(ended) && WEXITSTATUS(ended) == 0 : WIFSIGNALED(ended));
        heir.to = down[1];
        heir.from = up[0];
        CHECK(read(heir.from, &heir.pid, sizeof heir.pid) == sizeof heir.pid);
        contender = start_contender(root);
        refused_again(&contender);
        check_holder(root, heir.pid, "started by a shell");
        end_contender(&contender);
        say(&heir, 'r');
        CHECK(hear(&heir) == 'r');
        check_free(root);
        say(&heir, 'x');
        finish(&heir);
        close(7);
        close(8);
    }
    return 0;
}
