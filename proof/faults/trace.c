/* Runs a step under ptrace(2). Between the marks every system call stops twice: before it, where it can be skipped, cut
 * short, or be the last one; and after it, where its result can be replaced. */
#include "trace.h"

#include <ftw.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/user.h>

#if !defined(__x86_64__)
#error "the registers are those of x86-64"
#endif

/* The limit for a case with all its checks, in seconds: a longer one hangs. */
enum { LONGEST = 60 };

static volatile sig_atomic_t too_long;

static void give_up(int signal)
{
    (void)signal;
    too_long = 1;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    (void)found, (void)kind, (void)where;
    return remove(path);
}

static void make_folders(const char *folder)
{
    char path[200];
    int pass;

    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    MUST(mkdir(folder, 0755) == 0);
    /* The third run is for facts that a process determines once. */
    for (pass = 0; pass < 3; pass++) {
        snprintf(path, sizeof path, "%s/%d", folder, pass);
        MUST(mkdir(path, 0755) == 0);
    }
}

static void pass_time(int milliseconds)
{
    struct timespec time = {0, milliseconds * 1000000L};

    while (nanosleep(&time, &time) == -1)
        MUST(errno == EINTR && !too_long);
}

/* Applies this step's event to the lock, while the step's process is stopped before that call. */
static void let_happen(event what, const char *root, long number, const unsigned long *arguments, bool *is_over)
{
    bool sleeps = number == SYS_ppoll || number == SYS_nanosleep || number == SYS_clock_nanosleep ||
                  (number == SYS_flock && (arguments[1] == LOCK_EX || arguments[1] == LOCK_SH));
    char path[300], letter;

    if (!(what == REMOVE ? number == SYS_flock : sleeps))
        return;
    if (what == LET_PASS)
        pass_time(PATIENCE);
    if (what == TIME_OUT)
        pass_time(LONGER);
    if (*is_over)
        return;
    *is_over = true;
    if (what == RELEASE)
        judge('r', root, RALPH_LOCK_FILE);
    if (what == KILL_HOLDER)
        judge('k', root, RALPH_LOCK_FILE);
    if (what == TRIGGER)
        MUST(write(line[0], "t", 1) == 1 && read(line[0], &letter, 1) == 1);
    if (what == REMOVE) {
        snprintf(path, sizeof path, "%s/%s", root, RALPH_LOCK_FILE);
        MUST(unlink(path) == 0);
    }
}

/* Waits for the process's next stop; false: it has ended. */
static bool next_stop(pid_t process, int *status, outcome *into)
{
    while (waitpid(process, status, __WALL) == -1) {
        MUST(errno == EINTR);
        if (too_long) {
            into->hung = true;
            kill(process, SIGKILL);
        }
    }
    if (WIFSIGNALED(*status))
        into->ended = WTERMSIG(*status);
    else if (WIFEXITED(*status) && WEXITSTATUS(*status) != 0)
        broken(__FILE__, __LINE__, "the step's process ends well");
    return WIFSTOPPED(*status);
}

/* Lists whose length depends on other processes. */
static bool is_list(const char *label)
{
    return strcmp(label, "pread /proc/locks") == 0 || strcmp(label, "pread /proc/N/task/N/mountinfo") == 0;
}

static void watch(pid_t process, const step *what, const char *folder, fault wanted, outcome *into)
{
    struct user_regs_struct registers;
    int status, marks = 0, count = 0, signal = 0;
    bool is_entry = true, is_over = false, replaces = false, shared = false, skipped;
    unsigned long result = 0;
    char root[200], label[LABEL], before[LABEL] = "";

    /* The process has stopped itself with SIGSTOP; from here it runs from call to call. */
    if (!next_stop(process, &status, into))
        return;
    MUST(ptrace(PTRACE_SETOPTIONS, process, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
    for (;;) {
        /* A killed process must not be resumed. */
        MUST(ptrace(marks == 4 ? PTRACE_CONT : PTRACE_SYSCALL, process, NULL, signal) == 0 || errno == ESRCH);
        signal = 0;
        if (!next_stop(process, &status, into))
            return;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            signal = WSTOPSIG(status);
            continue;
        }
        MUST(ptrace(PTRACE_GETREGS, process, NULL, &registers) == 0);
        if (!is_entry) {
            if (replaces) {
                registers.rax = result;
                MUST(ptrace(PTRACE_SETREGS, process, NULL, &registers) == 0);
            }
            /* The first field of struct statfs is the file system's type. */
            if (shared && (long)registers.rax == 0)
                MUST(ptrace(PTRACE_POKEDATA, process, registers.rsi, 0x6969) == 0);
            replaces = shared = false;
            is_entry = true;
            continue;
        }
        is_entry = false;
        /* The file system's type is replaced from the beginning. */
        shared = what->network && registers.orig_rax == SYS_fstatfs;
        if (registers.orig_rax == MARK) {
            if (wanted.kind == KILL && marks == 1 && wanted.at == count) {
                into->happened = true;
                kill(process, SIGKILL);
                continue;
            }
            is_over = false;
            marks++;
            if (marks == 2)
                into->count = count;
        } else if (marks == 1 || marks == 3) {
            unsigned long arguments[] = {registers.rdi, registers.rsi, registers.rdx};
            long number = (long)registers.orig_rax;

            /* With a vDSO clock this call does not occur. It cannot fail. */
            if (number == SYS_clock_gettime)
                continue;
            snprintf(root, sizeof root, "%s/%d", folder, marks == 1 ? 0 : 1);
            let_happen(what->event, root, number, arguments, &is_over);
            if (what->event == NO_TMPFILE && number == SYS_openat && (arguments[2] & O_TMPFILE) == O_TMPFILE) {
                registers.orig_rax = (unsigned long)-1;
                MUST(ptrace(PTRACE_SETREGS, process, NULL, &registers) == 0);
                replaces = true;
                result = (unsigned long)-EOPNOTSUPP;
                continue;
            }
            if (marks == 3)
                continue;
            /* The calls with which Rust aborts for want of memory are not the library's. */
            if (wanted.kind == NO_MEMORY)
                continue;
            /* The message comes in several pieces. */
            describe(process, arguments, number, root, label, sizeof label);
            if (is_list(label) && strcmp(label, before) == 0)
                continue;
            strcpy(before, label);
            if (wanted.kind == NO_FAULT || count <= wanted.at) {
                MUST(count < CALLS);
                strcpy(into->calls[count], label);
                into->count = count + 1;
            }
            if (count++ != wanted.at || wanted.kind == NO_FAULT)
                continue;
            into->happened = true;
            skipped = false;
            if (wanted.kind == KILL) {
                kill(process, SIGKILL);
            } else if (wanted.kind == SHORT) {
                /* It is executed in part. */
                registers.rdx = registers.rdx > 1 ? registers.rdx / 2 : registers.rdx;
                skipped = true;
            } else {
                /* close(2) reports an error after the descriptor is closed. */
                skipped = number != SYS_close;
                if (skipped)
                    registers.orig_rax = (unsigned long)-1;
                replaces = true;
                result = (unsigned long)-(long)wanted.code;
            }
            if (skipped)
                MUST(ptrace(PTRACE_SETREGS, process, NULL, &registers) == 0);
        }
    }
}

void trace(const step *what, const char *folder, fault wanted, outcome *into)
{
    static report *said;
    struct sigaction action;
    char letter;
    pid_t process;

    if (said == NULL) {
        said = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        MUST(said != MAP_FAILED);
    }
    memset(said, 0, sizeof *said);
    memset(into, 0, sizeof *into);
    make_folders(folder);
    process = fork();
    MUST(process >= 0);
    if (process == 0) {
        MUST(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
        /* Rust's message about a failed allocation. */
        if (wanted.kind == NO_MEMORY)
            MUST(freopen("/dev/null", "w", stderr) != NULL);
        raise(SIGSTOP);
        run_step(what, folder, wanted.kind == NO_MEMORY ? wanted.at + 1 : 0, said);
    }
    memset(&action, 0, sizeof action);
    action.sa_handler = give_up;
    MUST(sigaction(SIGALRM, &action, NULL) == 0);
    too_long = 0;
    alarm(LONGEST);
    watch(process, what, folder, wanted, into);
    /* Unread letters for a thread that has died. */
    while (recv(line[0], &letter, 1, MSG_DONTWAIT) == 1 || recv(line[1], &letter, 1, MSG_DONTWAIT) == 1)
        continue;
    into->said = *said;
}
