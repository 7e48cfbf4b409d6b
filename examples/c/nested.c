/*
 * A loop whose workers recognize it when its lock refuses them.
 *
 *     nested outer | nested inner
 *
 * The outer program takes the workspace's lock and starts the inner one. The inner one is refused, sees that it runs
 * inside the loop that holds the lock, and continues. Started alone it takes the lock itself.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ralph_lock.h>

/* Starts this program again, as the loop's worker, and returns its exit status. */
static int run_inner(const char *program)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        execlp(program, program, "inner", (char *)NULL);
        _exit(127);
    }
    return child != -1 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    const char *role = argc > 1 ? argv[1] : "outer";
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    int result = 1;

    if (ralph_lock_try_acquire(".", role, &guard, &holder, &error) == RALPH_LOCK_OK) {
        printf("%s: I run the loop\n", role);
        fflush(stdout);
        result = strcmp(role, "outer") == 0 ? run_inner(argv[0]) : 0;
    } else if (ralph_lock_metadata_relation(holder) == RALPH_LOCK_RELATION_ANCESTOR) {
        printf("%s: process %u above me runs the loop: I continue inside it\n", role,
               (unsigned)ralph_lock_metadata_pid(holder));
        result = 0;
    } else {
        printf("%s: not my loop, I would start a worktree: %s\n", role, ralph_lock_error_message(error));
    }
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    return ralph_lock_release(guard) == RALPH_LOCK_OK ? result : 1;
}
