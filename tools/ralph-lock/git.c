#include "git.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

static void collect(const char *words[GIT_ARGUMENTS], const char *directory, va_list arguments)
{
    static const char *const always[] = {
        "git", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-C",
    };
    size_t count = sizeof always / sizeof *always;

    memcpy(words, always, sizeof always);
    words[count++] = directory;
    while (count < GIT_ARGUMENTS - 1 && (words[count] = va_arg(arguments, const char *)) != NULL)
        count++;
    words[count] = NULL;
}

void git_words(const char *words[GIT_ARGUMENTS], const char *directory, ...)
{
    va_list arguments;

    va_start(arguments, directory);
    collect(words, directory, arguments);
    va_end(arguments);
}

void forget_repository(void)
{
    /* Git sets these for its hooks, to name the hook's repository. */
    static const char *const names[] = {
        "GIT_DIR",        "GIT_WORK_TREE",        "GIT_COMMON_DIR",
        "GIT_PREFIX",     "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_INDEX_FILE", "GIT_NAMESPACE",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

__attribute__((noreturn)) static void become_git(const char *const *words, int output)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    forget_repository();
    restore_signals();
    execvp(words[0], (char *const *)words);
    _exit(EXIT_NO_COMMAND);
}

/* The whole input, terminated by a NUL; NULL: no memory. */
static char *read_all(int fd, size_t *length)
{
    size_t size = 4096;
    char *text = malloc(size), *grown;
    ssize_t count;

    *length = 0;
    /* Signals are blocked, so nothing interrupts it. */
    while (text != NULL && (count = read(fd, text + *length, size - *length - 1)) > 0) {
        *length += (size_t)count;
        if (size - *length > 1)
            continue;
        grown = realloc(text, size *= 2);
        if (grown == NULL)
            free(text);
        text = grown;
    }
    if (text != NULL)
        text[*length] = '\0';
    return text;
}

static char *output_of(const char *const *words, size_t *length)
{
    int pipes[2], status = -1;
    pid_t child;
    char *text;

    if (pipe(pipes) == -1)
        return NULL;
    fcntl(pipes[0], F_SETFD, FD_CLOEXEC);
    fcntl(pipes[1], F_SETFD, FD_CLOEXEC);
    child = fork();
    if (child == 0)
        become_git(words, pipes[1]);
    close(pipes[1]);
    text = child != -1 ? read_all(pipes[0], length) : NULL;
    close(pipes[0]);
    while (child != -1 && waitpid(child, &status, 0) == -1 && errno == EINTR)
        continue;
    if (status == 0)
        return text;
    free(text);
    return NULL;
}

char *git_output(const char *directory, size_t *length, ...)
{
    const char *words[GIT_ARGUMENTS];
    va_list arguments;

    va_start(arguments, length);
    collect(words, directory, arguments);
    va_end(arguments);
    return output_of(words, length);
}

char *first_line(char *text)
{
    if (text != NULL)
        text[strcspn(text, "\n")] = '\0';
    return text;
}

bool git_succeeds(const char *directory, ...)
{
    const char *words[GIT_ARGUMENTS];
    va_list arguments;
    size_t length;
    char *text;

    va_start(arguments, directory);
    collect(words, directory, arguments);
    va_end(arguments);
    text = output_of(words, &length);
    free(text);
    return text != NULL;
}
