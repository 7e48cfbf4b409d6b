/* Fails every system call of every exported function, one at a time, in every way in which it can fail, kills the
 * process at each, and compares the outcome with the rules below. faults FOLDER SHARE SHARES works in that folder,
 * takes every SHARES-th step from number SHARE on, and prints a line for each step and each of its calls, for page.py
 * to make tables of. It is process 1 of a pid namespace of its own, so that /proc shows the same in every run, and has
 * a mount namespace of its own. */
#include "trace.h"

#include <stdarg.h>
#include <sys/mount.h>
#include <sys/socket.h>

static char folder[150];
static const step *current;
static outcome usual; /* without any fault */
static outcome seen;
static fault wanted;

void broken(const char *file, int line_number, const char *what)
{
    fprintf(stderr, "%s:%d: check failed: %s (errno: %s)\n", file, line_number, what, strerror(errno));
    _exit(2);
}

static const char *call_of_fault(void)
{
    return wanted.kind == NO_MEMORY ? "allocation" : wanted.at < usual.count ? usual.calls[wanted.at] : "the return";
}

static int mistakes;

__attribute__((format(printf, 1, 2))) static void mistake(const char *format, ...)
{
    static const char *const kinds[] = {"without fault", "error", "short", "killed", "no memory"};
    va_list arguments;

    fprintf(stderr, "%s, %s: call %d, %s, %s%s%s: ", current->function, *current->path ? current->path : "as usual",
            wanted.at + 1, call_of_fault(), kinds[wanted.kind], wanted.kind == ERROR ? " " : "",
            wanted.kind == ERROR ? strerrorname_np(wanted.code) : "");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    /* Further messages would repeat the same mistake. */
    if (++mistakes == 40)
        exit(1);
}

/* Runs the step until the fault hits the intended call: if a clock decides which call comes next, a slow machine can
 * change it. */
static void run(void)
{
    int tries, i;
    bool same = false;

    for (tries = 0; !same && tries < 20; tries++) {
        /* A killed step has not changed the judge. */
        if (tries > 0)
            judge('r', folder, RALPH_LOCK_FILE);
        trace(current, folder, wanted, &seen);
        same = true;
        for (i = 0; wanted.kind != NO_MEMORY && i < seen.count && i <= wanted.at && i < usual.count; i++)
            same = same && strcmp(seen.calls[i], usual.calls[i]) == 0;
        same = same && (seen.happened || wanted.kind == NO_MEMORY || wanted.kind == NO_FAULT);
    }
    if (!same)
        mistake("it makes other calls than without a fault: %s", seen.calls[seen.count - 1]);
    if (seen.hung)
        mistake("it never ends");
    if (seen.said.wrong[0] != '\0')
        mistake("%s", seen.said.wrong);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

/* Only the status of an answer. */
static const char *status_in(const char *answer)
{
    static char status[60];

    snprintf(status, sizeof status, "%.*s", (int)strcspn(answer, " "), answer);
    return status;
}

/* The status with which an error must be reported. */
static const char *failure_of(const char *call, int code)
{
    static const char *const ours[] = {"eventfd", "epoll_create", "timerfd_create", "pidfd_open",
                                       "pidfd_send_signal"};
    size_t i;

    for (i = 0; i < sizeof ours / sizeof *ours; i++)
        if (is_call(call, ours[i]) && code == ENOSYS)
            return "UNSUPPORTED_PLATFORM";
    return code == ENOSYS || code == EOPNOTSUPP ? "UNSUPPORTED_FILESYSTEM" : "IO";
}

/* Whether the answer says less for want of memory, and nothing wrong. */
static bool is_less_by_memory(void)
{
    static const char *const refusals[] = {"ALREADY_LOCKED", "TIMED_OUT", "CANCELLED", "INTERRUPTED"};
    const char *function = current->function, *after = seen.said.answer;
    size_t i;

    /* A refusal without a holder. */
    for (i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (is(after, refusals[i]) && is(status_in(usual.said.answer), refusals[i]))
            return true;
    return (begins(usual.said.answer, "OK HELD ") && is(after, "OK HELD")) ||
           (begins(function, "ralph_lock_signal_holder") && is(after, "NOT_LIVE")) ||
           (is(function, "ralph_lock_metadata_liveness") && is(after, "UNKNOWN")) ||
           (is(function, "ralph_lock_metadata_relation") && is(after, "UNKNOWN")) ||
           (is(function, "ralph_lock_metadata_local_pid") && is(after, "none"));
}

/* Whether the answer says less than without the fault because no more can be known, and nothing wrong. */
static bool is_less(const char *call)
{
    const char *before = usual.said.answer, *after = seen.said.answer;

    /* These return no error, but UNKNOWN. */
    if (is(current->function, "ralph_lock_metadata_liveness") || is(current->function, "ralph_lock_metadata_relation"))
        return is(after, "UNKNOWN");
    /* probe_filesystem has to find out whether locks work; what it cannot determine is UNKNOWN. */
    if (is(current->function, "ralph_lock_probe_filesystem") && is_call(call, "flock"))
        return is(after, "OK NO_LOCKS") && (wanted.code == ENOLCK || is(failure_of(call, wanted.code), "UNSUPPORTED_FILESYSTEM"));
    if (is(current->function, "ralph_lock_probe_filesystem") && is_call(call, "fstatfs"))
        return is(after, "OK UNKNOWN");
    /* A directory that the caller may not access is not its workspace. */
    if (is(current->function, "ralph_lock_find_root") && wanted.code == EACCES)
        return is(after, "NOT_FOUND");
    if (strstr(call, "/proc/") == NULL)
        return false;
    /* Processes of other users are not visible. */
    if (begins(current->function, "ralph_lock_find_keepers") && wanted.code == EACCES)
        return is(after, "OK none");
    /* A process that is not provably live is not signalled. */
    if (begins(current->function, "ralph_lock_signal_holder") && is(before, "OK"))
        return is(after, "NOT_LIVE");
    /* It is held; the holder is named only if it is certain. */
    return (is(before, "ALREADY_LOCKED mortal") && is(after, "ALREADY_LOCKED")) ||
           (is(before, "OK HELD mortal") && is(after, "OK HELD"));
}

/* Whether it is the answer where the root cannot be locked: then the lock file alone decides, which is free or missing
 * in these steps. */
static bool is_without_root(const char *call)
{
    static const char *const by_file[] = {"OK", "OK FREE", "OK free", "OK none"};
    const char *before = usual.said.answer, *after = seen.said.answer;
    bool cannot_lock = is_call(call, "flock") || (is_call(call, "open") && wanted.code == EACCES);
    bool by_root = begins(before, "ALREADY_LOCKED") || is(before, "OK HELD") || is(before, "OK locked") ||
                   is(before, "OK one") || begins(before, "LOST");
    size_t i;

    for (i = 0; i < sizeof by_file / sizeof *by_file; i++)
        if (is(after, by_file[i]))
            return strstr(call, " the root") != NULL && cannot_lock && by_root;
    return false;
}

/* The rules for an answer. */
static void check_answer(const char *call)
{
    const char *answer = seen.said.answer, *status = status_in(answer);
    bool is_usual = is(answer, usual.said.answer);

    if (wanted.kind == SHORT && !is_usual)
        mistake("it says %s instead of %s", answer, usual.said.answer);
    if (wanted.kind != ERROR)
        return;
    if (wanted.code == EINTR) {
        bool waits = is_call(call, "ppoll") || begins(call, "flock LOCK_EX, waiting") ||
                     begins(call, "flock LOCK_SH, waiting");

        if (!(waits ? is(answer, "INTERRUPTED") : is_usual))
            mistake("it says %s instead of %s", answer, waits ? "INTERRUPTED" : usual.said.answer);
        return;
    }
    /* A lock whose record cannot be written is not held. */
    if (is_usual && !is_call(call, "fsync"))
        return;
    if (is_less(call) || is_without_root(call))
        return;
    if (!is(status, failure_of(call, wanted.code))) {
        mistake("it says %s; without the fault %s", answer, usual.said.answer);
        return;
    }
    /* A caller that may only read, and cannot read either, gets the first error. */
    if (begins(call, "open to read .ralph") && strstr(current->path, "read-only for the caller") != NULL &&
        seen.said.os_code == EACCES)
        return;
    /* UNSUPPORTED_PLATFORM has no error number. */
    if (seen.said.os_code != wanted.code && !is(status, "UNSUPPORTED_PLATFORM"))
        mistake("it says that the error is \"%s\"", strerror(seen.said.os_code));
    /* An error is about the lock file, or a directory above it. */
    if (*seen.said.about == '\0' && strstr(call, "loop.lock") != NULL && !is(current->function, "ralph_lock_release"))
        mistake("the error is about no file");
    if (is(current->function, "ralph_lock_find_root")) {
        if (!is(seen.said.about, "/below") && !is(seen.said.about, "/" RALPH_LOCK_FILE))
            mistake("the error is about %s", seen.said.about);
        return;
    }
    if (*seen.said.about != '\0' && !begins("/" RALPH_LOCK_FILE, seen.said.about) &&
        !begins("/build/deep/deploy.lock", seen.said.about))
        mistake("the error is about %s", seen.said.about);
    if (begins(call, "mkdir ") && !is(seen.said.about + 1, call + strlen("mkdir ")))
        mistake("the error is about %s", seen.said.about);
}

static void check_leaks(void)
{
    if (seen.ended == 0 && seen.said.descriptors > usual.said.descriptors)
        mistake("%d descriptors stay open, %d without the fault", seen.said.descriptors, usual.said.descriptors);
    if (seen.ended == 0 && seen.said.blocks > usual.said.blocks)
        mistake("%ld blocks of memory stay allocated, %ld without the fault", seen.said.blocks, usual.said.blocks);
}

/* A process was killed in the middle: checks what is left. */
static const char *check_remains(void)
{
    static const struct {
        const char *record;
        const char *name;
    } fair[] = {{"blank", "blank"},       {"no file", "no file"},      {"gone", "the old record"},
                {"step", "its record"},   {"judge", "the holder's"},   {"mortal", "the holder's"},
                {"garbage", "as it was"}};
    const char *file = is(current->path, "another lock file") ? "build/deep/deploy.lock" : RALPH_LOCK_FILE;
    const char *found, *name = NULL;
    char root[200];
    size_t i;

    snprintf(root, sizeof root, "%s/0", folder);
    found = judge('e', root, file);
    for (i = 0; i < sizeof fair / sizeof *fair; i++)
        if (begins(found + 5, fair[i].record))
            name = fair[i].name;
    if (name == NULL)
        mistake("what is left is %s", found + 5);
    if (name != NULL && is(name, "the holder's") != (begins(found, "held") || begins(found + 5, "mortal")))
        if (!(begins(found, "held") && is(name, "blank")))
            mistake("the lock is %s", found);
    if (!is(judge('r', root, file), "OK"))
        mistake("the holder could not release");
    found = judge('t', root, file);
    if (!is(found, "OK"))
        mistake("the next one gets %s", found);
    found = judge('e', root, file);
    if (!is(found, "free blank"))
        mistake("at the end the lock file is %s", found);
    return name == NULL ? "?" : name;
}

static long cases, kills, failures, shorts;

/* The lock file's state before the step's first call. */
static const char *before;

static void disturb(int at, kind what, int code, char *cells, size_t room, const char *column)
{
    const char *cell;

    wanted.kind = what;
    wanted.at = at;
    wanted.code = code;
    run();
    cases++;
    if (what == KILL) {
        kills++;
        if (seen.ended != SIGKILL)
            mistake("it was not killed");
        cell = check_remains();
        if (at == 0)
            before = cell;
        cell = is(cell, before) ? "=" : cell;
    } else {
        failures += what == ERROR;
        shorts += what == SHORT;
        if (seen.ended != 0)
            mistake("it ended with signal %d", seen.ended);
        check_answer(call_of_fault());
        check_leaks();
        cell = is(seen.said.answer, usual.said.answer) ? "=" : status_in(seen.said.answer);
    }
    snprintf(strchr(cells, '\0'), room - strlen(cells), "\t%s=%s", column, cell);
}

static void each_fault(int at)
{
    const char *call = usual.calls[at];
    const int *code;
    char cells[1000] = "";

    for (code = errors_of(call); *code != 0; code++)
        disturb(at, ERROR, *code, cells, sizeof cells, strerrorname_np(*code));
    if (is_call(call, "pread") || is_call(call, "pwrite"))
        disturb(at, SHORT, 0, cells, sizeof cells, "short");
    disturb(at, KILL, 0, cells, sizeof cells, "killed");
    printf("call\t%s%s\n", call, cells);
}

/* Each allocation in turn finds no memory. */
static void each_allocation(void)
{
    long number, aborted = 0, answered = 0;

    for (number = 0; number < usual.said.allocations; number++) {
        wanted.kind = NO_MEMORY;
        wanted.at = (int)number;
        wanted.code = ENOMEM;
        run();
        cases++;
        if (seen.ended == SIGABRT) {
            aborted++;
            check_remains();
        } else if (seen.ended != 0) {
            mistake("it ended with signal %d", seen.ended);
        } else {
            answered++;
            if (!is(seen.said.answer, usual.said.answer) && !is_less_by_memory() && !(begins(seen.said.answer, "IO") && seen.said.os_code == ENOMEM))
                mistake("it says %s", seen.said.answer);
            check_leaks();
        }
    }
    printf("memory\t%ld\t%ld\n", aborted, answered);
}

static void each_step(int number)
{
    char cells[200] = "";
    int at;

    current = &steps[number];
    memset(&wanted, 0, sizeof wanted);
    usual.count = 0;
    /* The first run may create what the second finds, for instance in the judge. */
    run();
    usual = seen;
    run();
    if (seen.count != usual.count)
        mistake("%d calls, then %d", usual.count, seen.count);
    printf("step\t%d\t%s\t%s\t%s\n", number, current->function, current->path, usual.said.answer);
    for (at = 0; at < usual.count; at++)
        each_fault(at);
    if (usual.count != 0) {
        disturb(usual.count, KILL, 0, cells, sizeof cells, "killed");
        printf("return\t%s%s\n", before, cells);
    }
    each_allocation();
    fflush(stdout);
}

int main(int count, char **arguments)
{
    int number, shares;

    MUST(count == 4);
    /* A file system of a known type, which ends with this process's namespace. */
    MUST(mount("none", arguments[1], "tmpfs", 0, "mode=755") == 0);
    snprintf(folder, sizeof folder, "%s/workspaces", arguments[1]);
    shares = atoi(arguments[3]);
    MUST(close_range(3, ~0U, 0) == 0);
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) == 0);
    have_heap();
    start_judge();
    for (number = atoi(arguments[2]); number < (int)step_count; number += shares)
        each_step(number);
    printf("total\t%ld\t%ld\t%ld\t%ld\n", cases, failures, shorts, kills);
    return mistakes == 0 ? 0 : 1;
}
