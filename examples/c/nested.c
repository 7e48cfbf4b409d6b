/*
 * A loop whose workers know it when they meet its lock.
 *
 *     nested outer | nested inner
 *
 * The outer program takes the workspace's lock and starts the inner one. That one is refused, sees that
 * it runs within the loop that refuses it, and goes on. Started by itself it is the one to take the lock.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ralph_lock.h>

/* Starts this program again, as the loop's worker, and gives its exit status. */
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
        printf("%s: process %u above me runs the loop, I go on within it\n", role,
               (unsigned)ralph_lock_metadata_pid(holder));
        result = 0;
    } else {
        printf("%s: not my loop, I would start a worktree: %s\n", role, ralph_lock_error_message(error));
    }
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    return ralph_lock_release(guard) == RALPH_LOCK_OK ? result : 1;
}
