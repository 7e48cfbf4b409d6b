#include "tool.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* What the command line says. */
typedef struct arguments {
    request lock;
    bool nested;
    char **command;
} arguments;

/* Gives -1 if the command is to be run, else an exit status. */
static int parse(int argc, char **argv, arguments *to)
{
    static const struct option options[] = {
        {"wait", optional_argument, NULL, 'w'}, {"prompt", required_argument, NULL, 'p'},
        {"file", required_argument, NULL, 'f'}, {"nested", no_argument, NULL, 'n'},
        {"quiet", no_argument, NULL, 'q'},      {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "-qh", options, NULL)) != -1) {
        switch (option) {
        case 'w':
            to->lock.seconds = INFINITY;
            if (optarg != NULL && !parse_seconds(optarg, &to->lock.seconds))
                return usage_error("run", "\"%s\" is no number of seconds", optarg);
            break;
        case 'p':
            to->lock.prompt = optarg;
            break;
        case 'f':
            to->lock.file = optarg;
            break;
        case 'n':
            to->nested = true;
            break;
        case 'q':
            to->lock.quiet = true;
            break;
        case 'h':
            return print_help("run");
        case 1:
            if (!take_directory("run", &to->lock.root, optarg))
                return EXIT_USAGE;
            break;
        default:
            return usage_error("run", NULL);
        }
    }
    to->command = argv + optind;
    if (strcmp(argv[optind - 1], "--") != 0)
        return usage_error("run", "the command goes after \"--\"");
    if (*to->command == NULL)
        return usage_error("run", "there is no command after \"--\"");
    return -1;
}

/* Refused, or it was too long. */
static int say_held(const arguments *from, const ralph_lock_metadata *holder, const ralph_lock_error *error)
{
    if (!from->lock.quiet)
        say_who_holds(ralph_lock_error_path(error), from->lock.file == NULL ? from->lock.root : NULL, holder);
    return EXIT_HELD;
}

/* Runs the command with the lock; gives what is to be the tool's end, too. */
static int run_locked(const arguments *from, ralph_lock_guard *guard)
{
    ralph_lock_error *error;
    int status = run_child(from->command);

    if (status == -1)
        say("cannot make a process: %s", strerror(errno));
    if (ralph_lock_guard_verify(guard, &error) != RALPH_LOCK_OK)
        say("while the command ran, another may have had the lock: %s", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    if (ralph_lock_release(guard) != RALPH_LOCK_OK)
        say("the lock is free, but the record of this command could not be taken out: %s", strerror(errno));
    if (status == -1)
        return EXIT_FAILED;
    /* A shell goes on after Ctrl-C unless what it waits for has died of it. */
    return WIFSIGNALED(status) ? die_by(WTERMSIG(status)) : WEXITSTATUS(status);
}

int run_main(int argc, char **argv)
{
    arguments from = {.lock = {.root = "."}};
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status;
    char *command_line = NULL;
    int result = parse(argc, argv, &from);

    if (result != -1)
        return result;
    if (from.lock.prompt == NULL)
        from.lock.prompt = command_line = joined(from.command);
    catch_signals();
    status = wait_for_lock(&from.lock, &guard, &holder, &error);
    free(command_line);
    if (status == RALPH_LOCK_OK)
        result = run_locked(&from, guard);
    else if (status != RALPH_LOCK_ALREADY_LOCKED)
        return failed(error);
    else if (from.nested && ralph_lock_metadata_relation(holder) == RALPH_LOCK_RELATION_ANCESTOR)
        become(from.command);
    else
        result = say_held(&from, holder, error);
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    return result;
}
