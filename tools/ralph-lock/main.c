#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char general_help[] =
    "Usage: ralph-lock COMMAND [OPTION]... [DIR]\n"
    "\n"
    "Who works in this workspace? One program at a time has the lock of a directory,\n"
    "and every other one learns who has it, since when and doing what. DIR is the\n"
    "workspace; without it, the current directory.\n"
    "\n"
    "  run [DIR] -- COMMAND...  runs a command with the lock\n"
    "  status [DIR]             tells who has the lock\n"
    "  wait [DIR]               waits until the lock is free\n"
    "  signal [DIR]             sends a signal to the process that has the lock\n"
    "\n"
    "  -h, --help               prints this help; after a command, the command's\n"
    "  -V, --version            prints the version\n"
    "\n"
    "Exit status: 64 for wrong arguments, 74 for a failure; the others are in the\n"
    "help of each command. Manual: ralph-lock(1).\n";

static const char run_help[] =
    "Usage: ralph-lock run [OPTION]... [DIR] -- COMMAND [ARGUMENT]...\n"
    "\n"
    "Runs a command with the lock of a workspace. The lock is held until the command\n"
    "has ended, whatever it leaves running behind it.\n"
    "\n"
    "      --wait[=SECONDS]  wait for the lock, for that long or as long as it takes\n"
    "      --prompt=TEXT     what others are told of the work; else it is the command\n"
    "      --file=LOCKFILE   lock this file below DIR instead of .ralph/loop.lock\n"
    "      --nested          if a process above this one has the lock, run the command\n"
    "                        within that lock\n"
    "  -q, --quiet           do not say who has the lock\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit status: the command's, 128+N if signal N has ended it. 75: not run, the lock\n"
    "is held by somebody else. 74: not run, the lock cannot be taken. 64: wrong\n"
    "arguments. 126: the command cannot be run. 127: there is no such command.\n";

static const char status_help[] =
    "Usage: ralph-lock status [OPTION]... [DIR]\n"
    "\n"
    "Tells whether the lock of a workspace is free or held, by whom, since when and\n"
    "for what.\n"
    "\n"
    "      --json            as a JSON object, with the whole prompt\n"
    "  -q, --quiet           print nothing: the exit status tells\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit status: 0: free, 1: held, 64: wrong arguments, 74: a failure.\n";

static const char wait_help[] =
    "Usage: ralph-lock wait [OPTION]... [DIR]\n"
    "\n"
    "Waits until the lock of a workspace is free, and leaves it so. To take it then,\n"
    "use \"ralph-lock run --wait\": another may be quicker than what follows this.\n"
    "\n"
    "      --timeout=SECONDS wait no longer than that\n"
    "  -q, --quiet           do not say who has the lock\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit status: 0: it was free, 75: the time was over before that, 64: wrong\n"
    "arguments, 74: a failure.\n";

static const char signal_help[] =
    "Usage: ralph-lock signal [-s SIGNAL | -SIGNAL] [OPTION]... [DIR]\n"
    "\n"
    "Sends a signal to the process that has the lock of a workspace, and to no other:\n"
    "not to one that merely has its number now.\n"
    "\n"
    "  -s, --signal=SIGNAL   a name or a number; else it is TERM. 0 sends none and\n"
    "                        tells whether one could be sent\n"
    "  -q, --quiet           do not say that nobody has the lock\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit status: 0: it was sent, 1: nobody has the lock, 64: wrong arguments, 74: a\n"
    "failure, for instance that the holder is on another machine.\n";

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", run_main, run_help},
    {"status", status_main, status_help},
    {"wait", wait_main, wait_help},
    {"signal", signal_main, signal_help},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

int finish_output(int status)
{
    if (ferror(stdout) || fflush(stdout) != 0) {
        say("standard output: %s", strerror(errno));
        return EXIT_FAILED;
    }
    return status;
}

int print_help(const char *command)
{
    const char *text = general_help;

    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(command, commands[i].name) == 0)
            text = commands[i].help;
    fputs(text, stdout);
    return finish_output(EXIT_DONE);
}

int usage_error(const char *command, const char *format, ...)
{
    char words[512];
    va_list arguments;

    /* getopt has said it already. */
    if (format != NULL) {
        va_start(arguments, format);
        vsnprintf(words, sizeof words, format, arguments);
        va_end(arguments);
        say("%s", words);
    }
    say("see \"ralph-lock%s%s --help\"", *command != '\0' ? " " : "", command);
    return EXIT_USAGE;
}

int failed(ralph_lock_error *error)
{
    say("%s", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    return EXIT_FAILED;
}

bool take_directory(const char *command, const char **directory, const char *argument)
{
    static bool taken;

    if (taken) {
        usage_error(command, "one directory is enough, but there is also \"%s\"", argument);
        return false;
    }
    taken = true;
    *directory = argument;
    return true;
}

bool parse_seconds(const char *text, double *seconds)
{
    char *end;

    *seconds = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*seconds) && *seconds >= 0;
}

/* A descriptor below 3 that is closed would become the lock's, and take what is printed. */
static void open_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR | O_CLOEXEC) == -1)
            _exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
    static char name[32];
    const char *locale;

    open_standard_descriptors();
    locale = setlocale(LC_CTYPE, "");
    /* Without a locale, prompts are still UTF-8, and so are today's terminals. */
    if (locale == NULL || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (argc < 2)
        return usage_error("", "what is to be done?");
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            /* Under this name getopt complains. */
            snprintf(name, sizeof name, "ralph-lock %s", commands[i].name);
            argv[1] = name;
            return commands[i].main(argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help("");
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("ralph-lock %s\n", ralph_lock_version());
        return finish_output(EXIT_DONE);
    }
    return usage_error("", "there is no command \"%s\"", argv[1]);
}
