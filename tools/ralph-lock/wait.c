#include "lock.h"

#include <math.h>

#include "arguments.h"
#include "process.h"

/* Waits and reports the outcome; returns the exit status. */
static int wait_until_free(const request *what)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status;

    catch_signals();
    status = wait_for_lock(what, &guard, &holder, &error);
    if (status != RALPH_LOCK_OK && status != RALPH_LOCK_ALREADY_LOCKED)
        return failed(error);
    if (status == RALPH_LOCK_ALREADY_LOCKED && !what->quiet) {
        say_held(what->lock, ralph_lock_error_path(error), holder);
        if (is_own_loop(holder))
            say("this command runs inside the loop that holds the lock: it would wait for itself");
    }
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    return status == RALPH_LOCK_OK ? EXIT_DONE : EXIT_HELD;
}

int wait_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"file", required_argument, NULL, 'f'}, {"timeout", required_argument, NULL, 't'},
        {"quiet", no_argument, NULL, 'q'},      {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *directory = NULL, *file = NULL;
    target lock;
    request what = {.lock = &lock, .prompt = "ralph-lock wait", .seconds = INFINITY, .only_look = true};
    int option, result;

    while ((option = next_option(argc, argv, ":t:qh", options)) != -1) {
        switch (option) {
        case 'f':
            file = optarg;
            break;
        case 't':
            if (!parse_seconds(optarg, &what.seconds))
                return usage_error("wait", "invalid timeout '%s'", optarg);
            break;
        case 'q':
            what.quiet = true;
            break;
        case 'h':
            return print_help("wait");
        default:
            return option_error("wait", option, argv, options);
        }
    }
    if (!take_directories("wait", &directory, argc, argv))
        return EXIT_USAGE;
    result = find_target("wait", directory, file, &lock);
    if (result == -1)
        result = wait_until_free(&what);
    target_free(&lock);
    return result;
}
