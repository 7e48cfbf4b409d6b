/* What every program in this folder uses: checks, workspaces, and processes that wait for each other. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ralph_lock.h>

#define UNUSED __attribute__((unused))

/* Ends the program when something is not as promised. */
#define CHECK(condition) \
    ((condition) ? (void)0 : fail(__FILE__, __LINE__, "%s is not so (errno: %s)", #condition, strerror(errno)))

/* Ends the program when a call does not return the expected status. */
#define CHECK_STATUS(expected, call) check_status(__FILE__, __LINE__, #call, expected, call)

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

/* Says why the promise cannot be tested on this machine, and ends the program as skipped. */
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

/* A path made like printf does it; freed by nobody, these programs are short. */
__attribute__((format(printf, 1, 2))) UNUSED static char *path_of(const char *format, ...)
{
    va_list arguments;
    char *path;
    int length;

    va_start(arguments, format);
    length = vasprintf(&path, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    return path;
}

/* A new, empty directory below the current one, which the test runner makes and removes. */
UNUSED static char *new_workspace(void)
{
    char *root = path_of("%s/workspace-XXXXXX", getcwd(NULL, 0));

    CHECK(mkdtemp(root) != NULL);
    return root;
}

/* The lock file of a workspace. */
UNUSED static char *lock_file_of(const char *root)
{
    return path_of("%s/%s", root, RALPH_LOCK_FILE);
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

/* The whole text of a file, with a NUL behind it. */
UNUSED static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "r");
    struct stat found;
    char *text;
    size_t count;

    CHECK(file != NULL);
    CHECK(fstat(fileno(file), &found) == 0);
    text = malloc((size_t)found.st_size + 1);
    CHECK(text != NULL);
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

/* What try_acquire answers; nothing is kept. */
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

/* Checks that the lock cannot be taken because of that errno value, that all say so, and that nothing
 * stays open. Gives the error object. */
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

/* Checks that the lock is held by a process that is known by its prompt. */
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

/* Forks a process that runs body(argument) and exits with 0. */
UNUSED static process start(void (*body)(void *), void *argument)
{
    int down[2], up[2];
    process child;

    CHECK(pipe2(down, O_CLOEXEC) == 0 && pipe2(up, O_CLOEXEC) == 0);
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

/* Waits for the end of a process and gives its wait status. */
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

/* Waits for a process that must end well. */
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

/* Starts a process that holds the lock when this returns. Told 'r', it releases and answers 'r'; then,
 * or when its starter is gone, it exits. */
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

/* Returns as soon as a child waits in flock(2). */
UNUSED static void until_blocked(pid_t pid)
{
    char file[64];
    siginfo_t ended;

    ended.si_pid = 0;
    while (!is_blocked(pid, file)) {
        CHECK(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0);
        sched_yield();
    }
}

#endif
