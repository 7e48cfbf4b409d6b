#include "lock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arguments.h"
#include "git.h"
#include "process.h"
#include "restore.h"

/* How many seconds to wait for a loop's holder to put its lock file back. */
static const double PUT_BACK = 5;

/* The parsed command line. */
typedef struct arguments {
    const char *directory, *file, *prompt;
    double seconds;
    int held_status;
    bool nested, or_worktree, ends_when_lost, quiet;
    char **command;
} arguments;

static bool parse_status(const char *text, int *status)
{
    char *end;
    long number = strtol(text, &end, 10);

    *status = (int)number;
    return end != text && *end == '\0' && number >= 0 && number <= 255;
}

/* Returns -1 if the options are valid, else an exit status. */
static int parse_options(int argc, char **argv, arguments *to)
{
    enum { NESTED = 256, ON_LOST, OR_WORKTREE, PROMPT, LOCK_FILE };
    static const struct option options[] = {
        {"wait", no_argument, NULL, 'w'},
        {"timeout", required_argument, NULL, 't'},
        {"nonblock", no_argument, NULL, 'n'},
        {"nb", no_argument, NULL, 'n'},
        {"conflict-exit-code", required_argument, NULL, 'E'},
        {"prompt", required_argument, NULL, PROMPT},
        {"file", required_argument, NULL, LOCK_FILE},
        {"nested", no_argument, NULL, NESTED},
        {"on-lost", required_argument, NULL, ON_LOST},
        {"or-worktree", no_argument, NULL, OR_WORKTREE},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool wait = false, limited = false, nonblock = false;
    int option;

    while ((option = next_option(argc, argv, "-:wt:nE:qh", options)) != -1) {
        switch (option) {
        case 'w':
            wait = true;
            break;
        case 't':
            limited = true;
            if (!parse_seconds(optarg, &to->seconds))
                return usage_error("run", "invalid timeout '%s'", optarg);
            break;
        case 'n':
            nonblock = true;
            break;
        case 'E':
            if (!parse_status(optarg, &to->held_status))
                return usage_error("run", "invalid exit status '%s'", optarg);
            break;
        case PROMPT:
            to->prompt = optarg;
            if (!is_utf8(optarg))
                return usage_error("run", "the prompt is not UTF-8: '%s'", optarg);
            break;
        case LOCK_FILE:
            to->file = optarg;
            break;
        case NESTED:
            to->nested = true;
            break;
        case ON_LOST:
            to->ends_when_lost = strcmp(optarg, "stop") == 0;
            if (!to->ends_when_lost && strcmp(optarg, "warn") != 0)
                return usage_error("run", "invalid argument '%s' for '--on-lost': it is 'warn' or 'stop'", optarg);
            break;
        case OR_WORKTREE:
            to->or_worktree = true;
            break;
        case 'q':
            to->quiet = true;
            break;
        case 'h':
            return print_help("run");
        case 1:
            if (!take_directory("run", &to->directory, optarg))
                return EXIT_USAGE;
            break;
        default:
            return option_error("run", option, argv, options);
        }
    }
    if (wait && !limited)
        to->seconds = INFINITY;
    if (nonblock)
        to->seconds = 0;
    return -1;
}

static int parse(int argc, char **argv, arguments *to)
{
    int result = parse_options(argc, argv, to);

    if (result != -1)
        return result;
    to->command = argv + optind;
    if (strcmp(argv[optind - 1], "--") != 0)
        return usage_error("run", "missing '--' before the command");
    if (*to->command == NULL)
        return usage_error("run", "missing command after '--'");
    if (to->or_worktree && to->file != NULL)
        return usage_error("run", "--or-worktree and --file exclude each other");
    if (to->or_worktree && isinf(to->seconds))
        return usage_error("run", "--or-worktree with --wait needs --timeout: without it the wait has no end");
    return -1;
}

/* The default prompt: the command's name and directory. Its arguments may be secret, and other users can read the lock
 * file. The caller frees it. */
static char *default_prompt(const char *command, const char *directory)
{
    const char *name = strrchr(command, '/');
    char *here = directory != NULL ? strdup(directory) : realpath(".", NULL), *text = NULL, *prompt;
    size_t size;

    name = name != NULL && name[1] != '\0' ? name + 1 : command;
    size = strlen(name) + (here != NULL ? strlen(here) : 0) + sizeof " in ";
    text = malloc(size);
    if (text != NULL)
        snprintf(text, size, here != NULL ? "%s in %s" : "%s", name, here);
    prompt = text != NULL ? as_utf8(text) : NULL;
    free(text);
    free(here);
    return prompt;
}

/* Takes the lock, waiting for the seconds that are left. */
static ralph_lock_status take(const arguments *from, const target *lock, double seconds, const char *directory,
                              ralph_lock_guard **guard, ralph_lock_metadata **holder, ralph_lock_error **error)
{
    char *prompt = from->prompt == NULL ? default_prompt(*from->command, directory) : NULL;
    request what = {
        .lock = lock,
        .prompt = prompt != NULL ? prompt : from->prompt,
        .seconds = seconds,
        .quiet = from->quiet,
    };
    ralph_lock_status status = wait_for_lock(&what, guard, holder, error);

    free(prompt);
    return status;
}

/* Removes the worktree if the command left nothing in it; otherwise prints where the work is. */
static bool end_worktree(const arguments *from, const worktree *in)
{
    bool removed = worktree_is_unused(in) && worktree_remove(in);

    if (!removed)
        say("the work is in %s, on branch %s", in->path, in->branch);
    else if (!from->quiet)
        say("the command left nothing in %s: the worktree is removed, and so is its branch", in->path);
    return removed;
}

/* Runs the command with the lock, in a worktree unless that is NULL; returns the tool's exit status. */
static int run_locked(const arguments *from, const target *lock, ralph_lock_guard *guard, worktree *in)
{
    watch watched;
    job running = {
        .command = from->command,
        .prepare = in != NULL ? worktree_enter : NULL,
        .argument = in,
        .watch = &watched,
        .ends_when_lost = from->ends_when_lost,
    };
    ralph_lock_error *error;
    bool kept, removed = false;
    int status;

    export_token(lock);
    if (!from->quiet)
        warn_of_git(lock);
    if (in != NULL)
        worktree_begin(in);
    watched = watch_begin(lock, guard);
    status = run_child(&running);
    watch_end(&watched);
    if (status == -1)
        say("cannot make a process: %s", strerror(errno));
    kept = ralph_lock_guard_verify(guard, &error) == RALPH_LOCK_OK;
    if (!kept && !watched.lost)
        say("while the command ran: %s", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    if (in != NULL)
        removed = end_worktree(from, in);
    if (ralph_lock_release(guard) != RALPH_LOCK_OK && kept && !removed)
        say("the lock is free, but this command's record could not be blanked: %s", strerror(errno));
    if (status == -1)
        return EXIT_FAILED;
    /* A shell continues after Ctrl-C unless its child died of the signal. */
    return WIFSIGNALED(status) ? die_by(WTERMSIG(status)) : WEXITSTATUS(status);
}

/* Runs the command in a new worktree, because its workspace is held. */
static int run_in_worktree(const arguments *from, const target *held)
{
    worktree in;
    target lock = {0};
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    int result = worktree_add(held->root, &in);

    if (result == -1) {
        if (!from->quiet)
            say("the command runs in %s instead, on branch %s", in.path, in.branch);
        lock = target_in(in.workspace);
        if (take(from, &lock, 0, in.directory, &guard, &holder, &error) == RALPH_LOCK_OK)
            result = run_locked(from, &lock, guard, &in);
        else
            result = failed(error);
        ralph_lock_metadata_free(holder);
    }
    target_free(&lock);
    worktree_free(&in);
    return result;
}

/* The workspace is held: refuses, unless an option says otherwise. */
static int run_refused(const arguments *from, const target *lock, const ralph_lock_metadata *holder,
                       const ralph_lock_error *error)
{
    if (from->nested && is_own_loop(holder))
        become(from->command);
    if (!from->quiet)
        say_held(lock, ralph_lock_error_path(error), holder);
    if (from->or_worktree)
        return run_in_worktree(from, lock);
    if (!from->quiet && is_own_loop(holder))
        say("this command runs inside the loop that holds the lock; to run it there, use --nested");
    return from->held_status;
}

/* The lock file may have been removed a moment ago, so that it names no holder. Waits until the holder has put it back,
 * and returns the status of taking the lock then. */
static ralph_lock_status take_named(const arguments *from, const target *lock, ralph_lock_guard **guard,
                                    ralph_lock_metadata **holder, ralph_lock_error **error)
{
    arguments again = *from;

    ralph_lock_error_free(*error);
    again.quiet = true;
    return take(&again, lock, PUT_BACK, NULL, guard, holder, error);
}

int run_main(int argc, char **argv)
{
    arguments from = {.held_status = EXIT_HELD};
    target lock;
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder = NULL;
    ralph_lock_error *error = NULL;
    ralph_lock_status status;
    int result = parse(argc, argv, &from);

    if (result != -1)
        return result;
    result = find_target("run", from.directory, from.file, &lock);
    if (result == -1) {
        catch_signals();
        status = take(&from, &lock, from.seconds, NULL, &guard, &holder, &error);
        if (status == RALPH_LOCK_ALREADY_LOCKED && holder == NULL && from.nested && is_in_loop())
            status = take_named(&from, &lock, &guard, &holder, &error);
        if (status == RALPH_LOCK_OK)
            result = run_locked(&from, &lock, guard, NULL);
        else if (status == RALPH_LOCK_ALREADY_LOCKED)
            result = run_refused(&from, &lock, holder, error);
        else
            say("%s", ralph_lock_error_message(error)), result = EXIT_FAILED;
    }
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    target_free(&lock);
    return result;
}
