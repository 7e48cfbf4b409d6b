/* Whatever happens between signal_holder's look at the lock and its opening of the holder's process, no other process
 * is signalled. Without pidfd no process is signalled at all. */
#include "inspecting.h"

#include <dlfcn.h>
#include <sys/syscall.h>

static const char *root;
static process holder, other;
static kept lock;

/* What happens before which call. */
static void (*change)(void);
static long moment = SYS_pidfd_open;
static bool has_pidfd = true;

static long pass_on(long number, long a, long b, long c, long d, long e, long f)
{
    static long (*real)(long, ...);

    if (real == NULL) {
        void *found = dlsym(RTLD_NEXT, "syscall");

        CHECK(found != NULL);
        memcpy(&real, &found, sizeof real);
    }
    return real(number, a, b, c, d, e, f);
}

/* Replaces the library's syscall(2), which opens and signals processes. Like the real one it reads six arguments
 * however many were passed; sanitizers are told to accept that. */
__attribute__((no_sanitize("address"))) long syscall(long number, ...)
{
    va_list list;
    long given[6];
    int i;

    va_start(list, number);
    for (i = 0; i < 6; i++)
        given[i] = va_arg(list, long);
    va_end(list);
    if (number == moment && change != NULL) {
        void (*now)(void) = change;

        change = NULL;
        now();
    }
    if (number == SYS_pidfd_open && !has_pidfd) {
        errno = ENOSYS;
        return -1;
    }
    return pass_on(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

static void idle_body(void *unused)
{
    (void)unused;
    hear(&starter);
}

/* Starts a process with the pid of one that has ended. */
static process successor_of(pid_t dead)
{
    process innocent;

    until_next_tick();
    if (!choose_next_pid(dead))
        exit(77);
    innocent = start(idle_body, NULL);
    CHECK(innocent.pid == dead);
    return innocent;
}

static void check_spared(process *innocent)
{
    siginfo_t ended;

    ended.si_pid = 0;
    CHECK(waitid(P_PID, (id_t)innocent->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0);
    dismiss(innocent);
}

static void signal_while(void (*what)(void), ralph_lock_status expected)
{
    change = what;
    CHECK_STATUS(expected, ralph_lock_signal_holder(root, SIGKILL, NULL));
    CHECK(change == NULL);
}

static void ends(void)
{
    kill_hard(&holder);
}

static void is_succeeded(void)
{
    kill_hard(&holder);
    other = successor_of(holder.pid);
}


static void somebody_else_takes_it(void)
{
    kill_hard(&holder);
    other = hold(root, "another");
}

static void releases(void)
{
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
}

static void with_numbers(void *unused)
{
    process innocent;

    (void)unused;
    holder = hold(root, "succeeded");
    signal_while(is_succeeded, RALPH_LOCK_NOT_FOUND);
    check_spared(&other);
    CHECK(try_only(root) == RALPH_LOCK_OK);

    /* After everything was checked. */
    holder = hold(root, "succeeded");
    moment = SYS_pidfd_send_signal;
    signal_while(is_succeeded, RALPH_LOCK_NOT_LIVE);
    check_spared(&other);
    CHECK(try_only(root) == RALPH_LOCK_OK);

    /* The record has the pid of the next process; a new holder has not written yet. */
    lock.dead = leave_record(root, "dead");
    innocent = successor_of(lock.dead);
    other = hold_plainly(root, LOCK_EX);
    CHECK_STATUS(RALPH_LOCK_PARSE, ralph_lock_signal_holder(root, SIGKILL, NULL));
    check_spared(&other);
    check_spared(&innocent);
}

int main(void)
{
    root = new_workspace();

    holder = hold(root, "ends");
    signal_while(ends, RALPH_LOCK_NOT_LIVE);

    holder = hold(root, "followed");
    signal_while(somebody_else_takes_it, RALPH_LOCK_NOT_LIVE);
    check_spared(&other);

    holder = hold(root, "released");
    signal_while(releases, RALPH_LOCK_NOT_FOUND);
    check_spared(&holder);

    holder = hold(root, "not opened");
    has_pidfd = false;
    CHECK_STATUS(RALPH_LOCK_UNSUPPORTED_PLATFORM, ralph_lock_signal_holder(root, SIGKILL, NULL));
    CHECK_STATUS(RALPH_LOCK_UNSUPPORTED_PLATFORM, ralph_lock_signal_holder(root, 0, NULL));
    has_pidfd = true;
    check_spared(&holder);

    if (!run_in_pid_namespace(with_numbers, NULL))
        printf("not tested in a pid namespace, which this user cannot make\n");
    return 0;
}
