/* Shared by all programs in this folder: checks, workspaces, and processes that wait for each other. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#else
#include "elsewhere.h"
#ifdef __APPLE__
#include <libproc.h>
#else
#include <sys/sysctl.h>
#endif
#endif
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ralph_lock.h>

#define UNUSED __attribute__((unused))

/* Ends the program unless the condition holds. */
#define CHECK(condition) \
    ((condition) ? (void)0 : fail(__FILE__, __LINE__, "check failed: %s (errno: %s)", #condition, strerror(errno)))

/* Ends the program when a call does not return the expected status. */
#define CHECK_STATUS(expected, call) check_status(__FILE__, __LINE__, #call, expected, call)

/* How often to repeat a step. Tools that watch every instruction take a hundred times as long and find the first
 * fault: for them -DONE_IN=32 reduces the rounds. */
#ifndef ONE_IN
#define ONE_IN 1
#endif
#define MANY(times) ((times) / ONE_IN)

/* Milliseconds. A waiter looks again at the latest a second after its last look, so one that took longer than this
 * may have missed its event. Under a tool that slows everything down the two cannot be told apart. */
#define LATE (ONE_IN == 1 ? 700.0 : 1e6)

/* Ends the program when two texts differ. */
#define CHECK_TEXT(expected, actual) check_text(__FILE__, __LINE__, #actual, expected, actual)

__attribute__((noreturn, format(printf, 3, 4))) static void fail(const char *file, int line,
                                                                const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: ", file, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* Prints why the promise cannot be tested on this machine, and ends the program as skipped. */
__attribute__((noreturn)) UNUSED static void skip(const char *reason)
{
    printf("%s\n", reason);
    exit(77);
}

UNUSED static void check_status(const char *file, int line, const char *call,
                                ralph_lock_status expected, ralph_lock_status actual)
{
    if (actual != expected)
        fail(file, line, "%s gave %s instead of %s (errno: %s)", call,
             ralph_lock_status_name((int32_t)actual), ralph_lock_status_name((int32_t)expected),
             strerror(errno));
}

UNUSED static void check_text(const char *file, int line, const char *what, const char *expected,
                              const char *actual)
{
    if (actual == NULL || strcmp(expected, actual) != 0)
        fail(file, line, "%s is \"%s\" instead of \"%s\"", what, actual ? actual : "(NULL)", expected);
}

/* Memory that is not freed, because these programs are short. It stays reachable from here, so that leak detectors
 * report the library's leaks only. Programs that allocate in a loop free it themselves. */
UNUSED static void *remember(void *memory)
{
    static void *remembered[1 << 14];
    static unsigned count;
    unsigned at = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);

    CHECK(memory != NULL);
    if (at < sizeof remembered / sizeof *remembered)
        __atomic_store_n(&remembered[at], memory, __ATOMIC_RELAXED);
    return memory;
}

/* A path formatted as by printf; freed only where a loop makes many. */
__attribute__((format(printf, 1, 2))) UNUSED static char *path_of(const char *format, ...)
{
    va_list arguments;
    char *path;
    int length;

    va_start(arguments, format);
    length = vasprintf(&path, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    return remember(path);
}

/* A new, empty directory below the current one, which the test runner makes and removes. */
UNUSED static char *new_workspace(void)
{
    char *here = remember(getcwd(NULL, 0));
    char *root = path_of("%s/workspace-XXXXXX", here);

    CHECK(mkdtemp(root) != NULL);
    return root;
}

/* The lock file of a workspace. */
UNUSED static char *lock_file_of(const char *root)
{
    return path_of("%s/%s", root, RALPH_LOCK_FILE);
}

/* This program's file: a checker's own where a checker runs the program. */
UNUSED static char *own_program(void)
{
#ifdef __linux__
    return remember(realpath("/proc/self/exe", NULL));
#else
    char path[4096];
#ifdef __APPLE__
    CHECK(proc_pidpath(getpid(), path, sizeof path) > 0);
#else
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
    size_t length = sizeof path;

    CHECK(sysctl(name, 4, path, &length, NULL, 0) == 0);
#endif
    return remember(strdup(path));
#endif
}

/* Writes a file, whose directory is made if it is missing. */
UNUSED static void write_file(const char *path, const void *bytes, size_t length)
{
    char *directory = path_of("%s", path);
    FILE *file;

    *strrchr(directory, '/') = '\0';
    CHECK(mkdir(directory, 0777) == 0 || errno == EEXIST);
    file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK(fwrite(bytes, 1, length, file) == length);
    CHECK(fclose(file) == 0);
    free(directory);
}

/* The whole text of a file, terminated by a NUL. */
UNUSED static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "r");
    struct stat found;
    char *text;
    size_t count;

    CHECK(file != NULL);
    CHECK(fstat(fileno(file), &found) == 0);
    text = remember(malloc((size_t)found.st_size + 1));
    count = fread(text, 1, (size_t)found.st_size, file);
    text[count] = '\0';
    if (length != NULL)
        *length = count;
    CHECK(fclose(file) == 0);
    return text;
}

/* Whether a file holds white space only, or nothing. */
UNUSED static bool is_blank(const char *path)
{
    size_t length;
    char *text = read_file(path, &length);
    bool blank = strspn(text, " \t\r\n") == length;

    free(text);
    return blank;
}

/* How many descriptors this process has open. */
UNUSED static int open_descriptors(void)
{
    int count = 0;
    int fd;

    for (fd = 0; fd < 4096; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            count++;
    return count;
}

/* Takes a lock that must be free. */
UNUSED static ralph_lock_guard *acquire(const char *root, const char *prompt)
{
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_try_acquire(root, prompt, &guard, NULL, &error);

    if (status != RALPH_LOCK_OK)
        fail(__FILE__, __LINE__, "cannot acquire: %s", ralph_lock_error_message(error));
    CHECK(guard != NULL);
    CHECK(error == NULL);
    return guard;
}

/* The status of a try_acquire; a lock that it takes is released. */
UNUSED static ralph_lock_status try_only(const char *root)
{
    ralph_lock_guard *guard;
    ralph_lock_status status = ralph_lock_try_acquire(root, "try", &guard, NULL, NULL);

    CHECK((guard != NULL) == (status == RALPH_LOCK_OK));
    if (guard != NULL)
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return status;
}

UNUSED static bool is_locked(const char *root)
{
    bool locked;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_is_locked(root, &locked, NULL));
    return locked;
}

/* Checks that acquiring fails with that errno value, that status, error object and errno agree, and that no descriptor
 * stays open. Returns the error object. */
UNUSED static ralph_lock_error *cannot_acquire(const char *root, int os_code)
{
    int descriptors = open_descriptors();
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status;

    errno = 0;
    status = ralph_lock_try_acquire(root, "cannot", &guard, &holder, &error);
    if (errno != os_code)
        fail(__FILE__, __LINE__, "acquiring in %s left errno \"%s\", not \"%s\"", root,
             strerror(errno), strerror(os_code));
    CHECK_STATUS(RALPH_LOCK_IO, status);
    CHECK(guard == NULL);
    CHECK(holder == NULL);
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_error_status(error));
    CHECK(ralph_lock_error_os_code(error) == os_code);
    CHECK(strlen(ralph_lock_error_message(error)) > 0);
    CHECK(open_descriptors() == descriptors);
    return error;
}

/* Checks that the lock is held by the process with that prompt. */
UNUSED static void check_held(const char *root, const char *prompt)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;

    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED,
                 ralph_lock_try_acquire(root, "try", &guard, &holder, NULL));
    CHECK(guard == NULL);
    CHECK_TEXT(prompt, ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
}

/* Another process, and a line to it in both directions. */
typedef struct process {
    pid_t pid;
    int to;
    int from;
} process;

/* In a process made by start(): its line to the one that started it. */
UNUSED static process starter;

/* Sends one letter over a line. */
UNUSED static void say(process *other, char letter)
{
    CHECK(write(other->to, &letter, 1) == 1);
}

/* Waits for a letter; '\0' when the other side is gone. */
UNUSED static char hear(process *other)
{
    char letter = '\0';
    ssize_t count;

    do
        count = read(other->from, &letter, 1);
    while (count == -1 && errno == EINTR);
    CHECK(count >= 0);
    return count == 0 ? '\0' : letter;
}

/* A pipe that no exec inherits. */
UNUSED static void open_pipe(int ends[2])
{
#ifdef __APPLE__
    CHECK(pipe(ends) == 0);
    CHECK(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0);
#else
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
#endif
}

/* Forks a process that runs body(argument) and exits with 0. */
UNUSED static process start(void (*body)(void *), void *argument)
{
    int down[2], up[2];
    process child;

    open_pipe(down);
    open_pipe(up);
    fflush(NULL);
    child.pid = fork();
    CHECK(child.pid >= 0);
    if (child.pid == 0) {
        close(down[1]);
        close(up[0]);
        starter.pid = getppid();
        starter.to = up[1];
        starter.from = down[0];
        body(argument);
        exit(0);
    }
    close(down[0]);
    close(up[1]);
    child.to = down[1];
    child.from = up[0];
    return child;
}

/* Waits for the end of a process and returns its wait status. */
UNUSED static int reap(process *child)
{
    int status;
    pid_t pid;

    do
        pid = waitpid(child->pid, &status, 0);
    while (pid == -1 && errno == EINTR);
    CHECK(pid == child->pid);
    close(child->to);
    close(child->from);
    return status;
}

/* Waits for a process that must exit with status 0. */
UNUSED static void finish(process *child)
{
    int status = reap(child);

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Ends a process as a crash does. */
UNUSED static void kill_hard(process *child)
{
    int status;

    CHECK(kill(child->pid, SIGKILL) == 0);
    status = reap(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* What hold() runs. */
typedef struct holding {
    const char *root;
    const char *prompt;
} holding;

UNUSED static void hold_body(void *argument)
{
    const holding *what = argument;
    ralph_lock_guard *guard = acquire(what->root, what->prompt);

    say(&starter, 'h');
    if (hear(&starter) == 'r') {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
        say(&starter, 'r');
        hear(&starter);
    }
}

/* Starts a process that holds the lock when this returns. On 'r' it releases and answers 'r'. It exits at the next
 * letter, or when its starter is gone. */
UNUSED static process hold(const char *root, const char *prompt)
{
    holding what = {root, prompt};
    process child = start(hold_body, &what);

    CHECK(hear(&child) == 'h');
    return child;
}

/* Whether a process waits in flock(2), and for which file, in the spelling of /proc/locks. */
UNUSED static bool is_blocked(pid_t pid, char file[64])
{
    FILE *locks = fopen("/proc/locks", "r");
    char line[256];
    bool found = false;
    int waiter;

    if (locks == NULL)
        skip("there is no /proc/locks");
    while (!found && fgets(line, sizeof line, locks) != NULL)
        found = sscanf(line, "%*[^>]> FLOCK %*s %*s %d %63s", &waiter, file) == 2 && waiter == pid;
    CHECK(fclose(locks) == 0);
    return found;
}

/* Whether a process sleeps in flock(2). In a pid namespace, /proc/locks leaves out a lock that a dead process took,
 * with all that wait for it. */
UNUSED static bool sleeps_in_flock(pid_t pid)
{
#ifndef __linux__
    (void)pid;
    return false;
#else
    char path[64];
    FILE *call;
    long number = -1;
    bool sleeps;

    snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
    call = fopen(path, "r");
    sleeps = call != NULL && fscanf(call, "%ld", &number) == 1 && number == SYS_flock;

    if (call != NULL)
        CHECK(fclose(call) == 0);
    return sleeps;
#endif
}

/* Returns as soon as a child waits in flock(2). */
UNUSED static void until_blocked(pid_t pid)
{
    char file[64];
    siginfo_t ended;

    ended.si_pid = 0;
    while (!is_blocked(pid, file) && !sleeps_in_flock(pid)) {
        CHECK(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0);
        sched_yield();
    }
}


/* CLOCK_MONOTONIC in milliseconds. */
UNUSED static double now_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* New options with a timeout. */
UNUSED static ralph_lock_options *timeout_of(uint64_t milliseconds)
{
    ralph_lock_options *options = ralph_lock_options_new();

    CHECK(options != NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_timeout_ms(options, milliseconds));
    return options;
}

/* The status of an acquire_with; a lock that it takes is released. */
UNUSED static ralph_lock_status wait_only(const char *root, const ralph_lock_options *options)
{
    ralph_lock_guard *guard;
    ralph_lock_status status = ralph_lock_acquire_with(root, "wait", options, &guard, NULL, NULL);

    CHECK((guard != NULL) == (status == RALPH_LOCK_OK));
    if (guard != NULL)
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    return status;
}

/* How often a thread has gone to sleep; -1 while it is not asleep. */
UNUSED static long sleeps_of(pid_t thread)
{
    char *path = path_of("/proc/%d/status", (int)thread);
    FILE *file = fopen(path, "r");
    char line[256], state = '?';
    long count = -1;

    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "State: %c", &state) != 1)
            (void)sscanf(line, "voluntary_ctxt_switches: %ld", &count);
    fclose(file);
    free(path);
    return state == 'S' ? count : -1;
}

/* Waits until a thread sleeps and stays asleep: it is blocked. */
UNUSED static void until_asleep(pid_t thread)
{
    long sleeps;

#ifndef __linux__
    skip("only /proc tells whether a thread sleeps");
#endif
    do {
        sleeps = sleeps_of(thread);
        CHECK(poll(NULL, 0, 20) == 0);
    } while (sleeps == -1 || sleeps_of(thread) != sleeps);
}

/* Whether waiters exist; the library for other systems, which is tested too, has none. */
#ifndef HAS_WAITERS
#define HAS_WAITERS true
#endif

/* Whether the processes that keep a lock can be found, and whether the kernel lists which process took one. */
#ifndef HAS_KEEPERS
#define HAS_KEEPERS true
#endif
#ifndef HAS_LIST_OF_LOCKS
#ifdef __linux__
#define HAS_LIST_OF_LOCKS true
#else
#define HAS_LIST_OF_LOCKS false
#endif
#endif

/* The ways to wait for a lock. */
typedef enum way { BLOCKING, TIMED, STEPPED } way;

/* Waits for the lock as long as it takes. */
UNUSED static ralph_lock_guard *wait_for(const char *root, const char *prompt, way how)
{
    ralph_lock_guard *guard = NULL;
    ralph_lock_waiter *waiter;
    ralph_lock_status status;
    ralph_lock_options *options;

    if (how == STEPPED && !HAS_WAITERS) {
        CHECK_STATUS(RALPH_LOCK_UNSUPPORTED_PLATFORM, ralph_lock_waiter_new(root, prompt, NULL, &waiter, NULL));
        how = TIMED;
    }
    if (how == BLOCKING) {
        status = ralph_lock_acquire_blocking(root, prompt, &guard, NULL);
    } else if (how == TIMED) {
        options = timeout_of(100000);
        status = ralph_lock_acquire_with(root, prompt, options, &guard, NULL, NULL);
        ralph_lock_options_free(options);
    } else {
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, prompt, NULL, &waiter, NULL));
        while ((status = ralph_lock_waiter_step(waiter, &guard, NULL, NULL)) == RALPH_LOCK_ALREADY_LOCKED) {
            struct pollfd polled = {ralph_lock_waiter_fd(waiter), POLLIN, 0};

            CHECK(poll(&polled, 1, -1) == 1 && polled.revents == POLLIN);
        }
        ralph_lock_waiter_free(waiter);
    }
    CHECK_STATUS(RALPH_LOCK_OK, status);
    CHECK(guard != NULL);
    return guard;
}

/* What start_waiting() runs. */
typedef struct waiting {
    const char *root;
    const char *prompt;
    way how;
} waiting;

UNUSED static void waiting_body(void *argument)
{
    const waiting *what = argument;
    ralph_lock_guard *guard;

    say(&starter, 'w');
    guard = wait_for(what->root, what->prompt, what->how);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    say(&starter, 'g');
    hear(&starter);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
}

/* Starts a process that is asleep waiting for the lock when this returns. It says 'g' when it has the lock, and holds
 * it until the next letter. */
UNUSED static process start_waiting(const char *root, const char *prompt, way how)
{
    waiting what = {root, prompt, how};
    process child = start(waiting_body, &what);

    CHECK(hear(&child) == 'w');
    until_asleep(child.pid);
    return child;
}

/* How many of the wanted objects the descriptor limit allows, at that many descriptors each. */
UNUSED static int room_for(int wanted, int each)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_max >= (rlim_t)wanted * (rlim_t)each + 100)
        return wanted;
    printf("only %d of %d: RLIMIT_NOFILE is %lu\n", (int)((limit.rlim_max - 100) / (rlim_t)each), wanted,
           (unsigned long)limit.rlim_max);
    return (int)((limit.rlim_max - 100) / (rlim_t)each);
}

/* Counts inotify descriptors of this process, and the watches in them. */
UNUSED static void count_inotify(int *instances, int *watches)
{
    DIR *folder = opendir("/proc/self/fdinfo");
    struct dirent *entry;
    char line[256];
    bool is_inotify;

    *instances = *watches = 0;
#ifndef __linux__
    return;
#endif
    CHECK(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        char *path = path_of("/proc/self/fd/%s", entry->d_name);
        ssize_t length = readlink(path, line, sizeof line - 1);
        FILE *file;

        free(path);
        if (length <= 0)
            continue;
        line[length] = '\0';
        is_inotify = strcmp(line, "anon_inode:inotify") == 0;
        if (!is_inotify)
            continue;
        ++*instances;
        path = path_of("/proc/self/fdinfo/%s", entry->d_name);
        file = fopen(path, "r");
        free(path);
        CHECK(file != NULL);
        while (fgets(line, sizeof line, file) != NULL)
            if (strncmp(line, "inotify wd:", 11) == 0)
                ++*watches;
        fclose(file);
    }
    closedir(folder);
}

#endif
