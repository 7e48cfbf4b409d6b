#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "process.h"
#include "restore.h"

void become(char *const *command)
{
    int status;

    restore_signals();
    execvp(command[0], command);
    status = errno == ENOENT ? EXIT_NO_COMMAND : EXIT_CANNOT_RUN;
    say("cannot run %s: %s", command[0], strerror(errno));
    _exit(status);
}

/* The kernel frees the lock when the tool is killed, so the command must end too. */
static void end_with(pid_t tool)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The tool was killed before prctl(2) took effect. */
    if (getppid() != tool)
        _exit(EXIT_FAILED);
#else
    (void)tool;
#endif
}

/* Whether the tool is in the foreground of its terminal. */
static bool is_in_foreground(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    bool result = terminal != -1 && tcgetpgrp(terminal) == getpgrp();

    if (terminal != -1)
        close(terminal);
    return result;
}

/* The command was stopped. The tool stops too, so that its shell continues; but not if another process stopped the
 * command alone, because that process will continue it alone. Returns whether the tool was continued since. */
static bool stop_with(int signal_number)
{
    if (signal_number == SIGSTOP && !is_in_foreground())
        return false;
    raise(SIGSTOP);
    return true;
}

/* Whether the signal reached only the tool, so that it must be passed on. */
static bool is_for_command(int number, bool by_terminal, pid_t child)
{
    /* The kernel sends a hang-up to the session leader only; the other processes get one when the leader has ended. */
    if (!by_terminal || (number == SIGHUP && getsid(0) == getpid()))
        return true;
    /* A signal from a key has reached the command, if that is in the terminal's foreground group. */
    return getpgid(child) != getpgrp();
}

/* Keeps the lock file in place, and ends the command if the lock is lost and the options say so. Returns the seconds
 * until the next look. */
static double look_after(const job *from, pid_t child)
{
    if (from->watch == NULL)
        return INFINITY;
    if (watch_step(from->watch) && from->ends_when_lost) {
        say("the lock is lost: ending the command");
        kill(child, SIGTERM);
        kill(child, SIGCONT);
    }
    return watch_rest(from->watch);
}

int run_child(const job *from)
{
    double rest;
    pid_t tool = getpid(), child, changed;
    bool by_terminal, continued = false;
    int status, number;

    catch_stops();
    child = fork();
    if (child == -1)
        return -1;
    if (child == 0) {
        end_with(tool);
        if (from->prepare != NULL)
            from->prepare(from->argument);
        become(from->command);
    }
    for (;;) {
        while ((number = next_signal(&by_terminal)) != 0)
            if (is_for_command(number, by_terminal, child))
                kill(child, number);
        rest = look_after(from, child);
        /* The first process of a container also reaps orphans. */
        changed = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
        if (changed > 0 && changed != child)
            continue;
        if (changed != child) {
            /* Only the tool was continued, not its group, as a shell does. Otherwise the key may have been pressed
             * again since, and the command must not be continued twice. */
            if (continued)
                kill(child, SIGCONT);
            continued = false;
            wait_for_event(from->watch != NULL ? from->watch->events : -1, rest);
        } else if (WIFSTOPPED(status)) {
            continued = stop_with(WSTOPSIG(status));
        } else if (WIFCONTINUED(status)) {
            continued = false;
        } else {
            return status;
        }
    }
}
