#include "lock.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arguments.h"

/* The number of a signal given by name, with or without SIG, or by number; -1 if there is no such signal. */
static int signal_of(const char *text)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {
        {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ABRT", SIGABRT}, {"KILL", SIGKILL},
        {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
        {"CHLD", SIGCHLD}, {"CONT", SIGCONT}, {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},
        {"TTOU", SIGTTOU}, {"URG", SIGURG},   {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"WINCH", SIGWINCH},
    };
    char *end;
    long number;

    if (isdigit((unsigned char)*text)) {
        number = strtol(text, &end, 10);
        return *end == '\0' && number < NSIG ? (int)number : -1;
    }
    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(text, known[i].name) == 0)
            return known[i].number;
    return -1;
}

/* Removes -TERM and -15 from the arguments, which getopt_long() would read letter by letter. */
static int take_signal(int *argc, char **argv, int usual)
{
    int kept = 1, number = usual;
    bool ended = false;

    for (int i = 1; i < *argc; i++) {
        ended |= strcmp(argv[i], "--") == 0;
        if (!ended && argv[i][0] == '-' && argv[i][1] != 's' && signal_of(argv[i] + 1) != -1)
            number = signal_of(argv[i] + 1);
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    *argc = kept;
    return number;
}

int signal_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"file", required_argument, NULL, 'f'}, {"signal", required_argument, NULL, 's'},
        {"quiet", no_argument, NULL, 'q'},      {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *directory = NULL, *file = NULL;
    target lock;
    ralph_lock_error *error;
    ralph_lock_status status;
    bool quiet = false;
    int option, result, number = take_signal(&argc, argv, SIGTERM);

    while ((option = next_option(argc, argv, ":s:qh", options)) != -1) {
        switch (option) {
        case 'f':
            file = optarg;
            break;
        case 's':
            number = signal_of(optarg);
            if (number == -1)
                return usage_error("signal", "invalid signal '%s'", optarg);
            break;
        case 'q':
            quiet = true;
            break;
        case 'h':
            return print_help("signal");
        default:
            return option_error("signal", option, argv, options);
        }
    }
    if (!take_directories("signal", &directory, argc, argv))
        return EXIT_USAGE;
    result = find_target("signal", directory, file, &lock);
    if (result == -1) {
        status = ralph_lock_signal_holder_with(lock.root, lock.options, number, &error);
        result = status == RALPH_LOCK_OK ? EXIT_DONE : status == RALPH_LOCK_NOT_FOUND ? EXIT_NEGATIVE : EXIT_FAILED;
        if (result == EXIT_FAILED || (result == EXIT_NEGATIVE && !quiet))
            say("%s", ralph_lock_error_message(error));
        ralph_lock_error_free(error);
    }
    target_free(&lock);
    return result;
}
