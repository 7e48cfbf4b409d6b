#include "tool.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <time.h>

#include "process.h"

/* The signal mask that the tool inherited, and the mask during a sleep. */
static sigset_t inherited, sleeping;
static bool caught[NSIG], ignored[NSIG];
/* Set by the handler, which runs in wait_for_event() alone. */
static volatile sig_atomic_t sent[NSIG], typed[NSIG];

/* Whether the terminal driver sent it: a key was pressed, or the line hung up. */
static bool is_typed(const siginfo_t *info)
{
#ifdef SI_KERNEL
    return info->si_code == SI_KERNEL;
#else
    return info->si_pid == 0;
#endif
}

static void remember(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    if (is_typed(info))
        typed[signal_number] = 1;
    else
        sent[signal_number] = 1;
}

static void catch_one(int signal_number, bool always)
{
    struct sigaction action, before;

    if (sigaction(signal_number, NULL, &before) == -1)
        return;
    ignored[signal_number] = before.sa_handler == SIG_IGN;
    if (ignored[signal_number] && !always)
        return;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = remember;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&action.sa_mask);
    caught[signal_number] = sigaction(signal_number, &action, NULL) == 0;
}

void catch_signals(void)
{
    /* Signals that report a fault in the tool, that cannot be caught, or that end nothing. */
    static const int others[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGKILL, SIGSTOP,
                                 SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGURG, SIGCHLD, SIGWINCH};
    sigset_t blocked;

    sigfillset(&blocked);
    for (int number = 1; number < NSIG; number++) {
        bool other = false;

        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            other |= others[i] == number;
        if (!other)
            catch_one(number, false);
    }
    /* The tool needs these two, even if its parent ignores them. */
    catch_one(SIGCHLD, true);
    catch_one(SIGWINCH, true);
    for (size_t i = 0; i < 7; i++)
        sigdelset(&blocked, others[i]);
    sigprocmask(SIG_SETMASK, &blocked, &inherited);
    sleeping = inherited;
    sigdelset(&sleeping, SIGCHLD);
    sigdelset(&sleeping, SIGWINCH);
}

void catch_stops(void)
{
    catch_one(SIGTSTP, false);
    catch_one(SIGTTIN, false);
    catch_one(SIGTTOU, false);
}

void restore_signals(void)
{
    for (int number = 1; number < NSIG; number++)
        if (caught[number])
            signal(number, ignored[number] ? SIG_IGN : SIG_DFL);
    sigprocmask(SIG_SETMASK, &inherited, NULL);
}

void wait_for_event(int fd, double seconds)
{
    struct timespec timeout;

    /* More than a day is split into several sleeps. */
    if (seconds > 1e5)
        seconds = 1e5;
    timeout.tv_sec = (time_t)seconds;
    timeout.tv_nsec = (long)((seconds - (double)timeout.tv_sec) * 1e9);
#ifdef __APPLE__
    /* There is no ppoll(2), and pselect(2) takes only small descriptors. */
    fd_set readable;

    FD_ZERO(&readable);
    if (fd >= 0 && fd < FD_SETSIZE)
        FD_SET(fd, &readable);
    pselect(fd < FD_SETSIZE ? fd + 1 : 0, &readable, NULL, NULL, &timeout, &sleeping);
#else
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    ppoll(&readable, 1, &timeout, &sleeping);
#endif
}

int next_signal(bool *by_terminal)
{
    for (int number = 1; number < NSIG; number++) {
        volatile sig_atomic_t *which = sent[number] ? &sent[number] : &typed[number];

        if (!*which)
            continue;
        *by_terminal = which == &typed[number];
        *which = 0;
        switch (number) {
        case SIGCHLD: case SIGWINCH: /* They only end a sleep. */
        case SIGTSTP: case SIGTTIN: case SIGTTOU: /* The tool stops only if the command does. */
        case SIGPIPE: /* Nothing reads the tool's messages. */
            continue;
        }
        return number;
    }
    return 0;
}

int die_by(int signal_number)
{
    struct rlimit none = {0, 0};
    sigset_t only;

    /* Only the command's core file is useful. */
    setrlimit(RLIMIT_CORE, &none);
    fflush(NULL);
    signal(signal_number, SIG_DFL);
    sigemptyset(&only);
    sigaddset(&only, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    /* Signals do not end the first process of a container. */
    return 128 + signal_number;
}
