/* The commands that never keep the lock: status, wait, signal. */
#include "tool.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether it is there. To the library a workspace that is not is free, but here it is a slip of the pen. */
static bool is_directory(const char *root)
{
    struct stat found;

    if (stat(root, &found) == 0) {
        if (S_ISDIR(found.st_mode))
            return true;
        errno = ENOTDIR;
    }
    say("%s: %s", root, strerror(errno));
    return false;
}

/* The lock file's path, absolute if that can be told; to be freed. */
static char *lock_path(const char *root)
{
    char *absolute = realpath(root, NULL);
    const char *from = absolute != NULL ? absolute : root;
    size_t size = strlen(from) + sizeof "/" RALPH_LOCK_FILE;
    char *path = malloc(size);

    if (path != NULL)
        snprintf(path, size, "%s/%s", strcmp(from, "/") == 0 ? "" : from, RALPH_LOCK_FILE);
    free(absolute);
    return path;
}

/* One answer of `status`. */
typedef struct answer {
    const char *root;
    ralph_lock_state state;
    ralph_lock_metadata *record;
} answer;

static void print_record_json(const ralph_lock_metadata *record)
{
    static const char *const livenesses[] = {"unknown", "live", "dead", "recycled", "foreign"};
    static const char *const relations[] = {"unknown", "self", "ancestor", "other"};

    if (record == NULL) {
        fputs("null", stdout);
        return;
    }
    printf("{\"pid\": %u, \"started\": ", (unsigned)ralph_lock_metadata_pid(record));
    print_json_text(ralph_lock_metadata_started_rfc3339(record));
    fputs(", \"prompt\": ", stdout);
    print_json_text(ralph_lock_metadata_prompt(record));
    fputs(", \"host\": ", stdout);
    print_json_text(ralph_lock_metadata_host(record));
    printf(", \"liveness\": \"%s\", \"relation\": \"%s\"}", livenesses[ralph_lock_metadata_liveness(record)],
           relations[ralph_lock_metadata_relation(record)]);
}

static void print_json(const answer *from, const char *path, const uint32_t *keepers, size_t count)
{
    static const char *const states[] = {"free", "held", "stale"};

    printf("{\"state\": \"%s\", \"path\": ", states[from->state]);
    print_json_text(path);
    fputs(", \"holder\": ", stdout);
    print_record_json(from->state == RALPH_LOCK_STATE_HELD ? from->record : NULL);
    fputs(", \"last_holder\": ", stdout);
    print_record_json(from->state == RALPH_LOCK_STATE_STALE ? from->record : NULL);
    fputs(", \"keepers\": [", stdout);
    for (size_t i = 0; i < count; i++)
        printf("%s%u", i > 0 ? ", " : "", (unsigned)keepers[i]);
    puts("]}");
}

/* Begins a line of the plain answer. */
static void field(line *out, const char *name)
{
    line_begin(out, columns_of(STDOUT_FILENO));
    line_words(out, "%-8s ", name);
}

static void print_plain(const answer *from, const char *path, const uint32_t *keepers, size_t count)
{
    static const char *const states[] = {"free", "held", "stale: free, but its last holder did not give it up"};
    const ralph_lock_metadata *record = from->record;
    line out;

    field(&out, "state");
    line_words(&out, "%s", states[from->state]);
    puts(out.text);
    field(&out, "file");
    line_text(&out, path);
    puts(out.text);
    if (from->state == RALPH_LOCK_STATE_HELD && record == NULL) {
        field(&out, "holder");
        line_holder(&out, record);
        puts(out.text);
    }
    if (record != NULL) {
        field(&out, "process");
        line_words(&out, "%u, %s", (unsigned)ralph_lock_metadata_pid(record), liveness_words(record));
        if (ralph_lock_metadata_relation(record) == RALPH_LOCK_RELATION_ANCESTOR)
            line_words(&out, "; this command runs under it");
        puts(out.text);
        if (ralph_lock_metadata_host(record) != NULL) {
            field(&out, "host");
            line_text(&out, ralph_lock_metadata_host(record));
            puts(out.text);
        }
        field(&out, "since");
        line_since(&out, record);
        puts(out.text);
        field(&out, "prompt");
        line_text(&out, ralph_lock_metadata_prompt(record));
        puts(out.text);
    }
    for (size_t i = 0; i < count; i++)
        printf("%-8s %u\n", i == 0 ? "kept by" : "", (unsigned)keepers[i]);
}

int status_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    answer to = {.root = "."};
    ralph_lock_error *error;
    uint32_t keepers[KEEPERS];
    size_t count = 0;
    bool json = false, quiet = false;
    char *path;
    int option;

    while ((option = getopt_long(argc, argv, "qh", options, NULL)) != -1) {
        switch (option) {
        case 'j':
            json = true;
            break;
        case 'q':
            quiet = true;
            break;
        case 'h':
            return print_help("status");
        default:
            return usage_error("status", NULL);
        }
    }
    for (; optind < argc; optind++)
        if (!take_directory("status", &to.root, argv[optind]))
            return EXIT_USAGE;
    if (!is_directory(to.root))
        return EXIT_FAILED;
    if (ralph_lock_inspect(to.root, &to.state, &to.record, &error) != RALPH_LOCK_OK)
        return failed(error);
    if (!quiet) {
        path = lock_path(to.root);
        if (to.state == RALPH_LOCK_STATE_HELD)
            count = find_keepers(to.root, to.record, keepers);
        (json ? print_json : print_plain)(&to, path != NULL ? path : RALPH_LOCK_FILE, keepers, count);
        free(path);
    }
    ralph_lock_metadata_free(to.record);
    return finish_output(to.state == RALPH_LOCK_STATE_HELD ? EXIT_NEGATIVE : EXIT_DONE);
}

int wait_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"timeout", required_argument, NULL, 't'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    request what = {.root = ".", .prompt = "ralph-lock wait", .seconds = INFINITY, .only_look = true};
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status;
    int option;

    while ((option = getopt_long(argc, argv, "qh", options, NULL)) != -1) {
        switch (option) {
        case 't':
            if (!parse_seconds(optarg, &what.seconds))
                return usage_error("wait", "\"%s\" is no number of seconds", optarg);
            break;
        case 'q':
            what.quiet = true;
            break;
        case 'h':
            return print_help("wait");
        default:
            return usage_error("wait", NULL);
        }
    }
    for (; optind < argc; optind++)
        if (!take_directory("wait", &what.root, argv[optind]))
            return EXIT_USAGE;
    if (!is_directory(what.root))
        return EXIT_FAILED;
    catch_signals();
    status = wait_for_lock(&what, &guard, &holder, &error);
    if (status != RALPH_LOCK_OK && status != RALPH_LOCK_ALREADY_LOCKED)
        return failed(error);
    if (status == RALPH_LOCK_ALREADY_LOCKED && !what.quiet)
        say_who_holds(ralph_lock_error_path(error), what.root, holder);
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    return status == RALPH_LOCK_OK ? EXIT_DONE : EXIT_HELD;
}

/* A signal's number, from its name with or without SIG, or from its number; -1 if it is none. */
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

/* Takes -TERM and -15 out of the arguments, which getopt would take for one letter after the other. */
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
        {"signal", required_argument, NULL, 's'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *root = ".";
    ralph_lock_error *error;
    bool quiet = false;
    int option, number = take_signal(&argc, argv, SIGTERM);

    while ((option = getopt_long(argc, argv, "s:qh", options, NULL)) != -1) {
        switch (option) {
        case 's':
            number = signal_of(optarg);
            if (number == -1)
                return usage_error("signal", "\"%s\" is no signal", optarg);
            break;
        case 'q':
            quiet = true;
            break;
        case 'h':
            return print_help("signal");
        default:
            return usage_error("signal", NULL);
        }
    }
    for (; optind < argc; optind++)
        if (!take_directory("signal", &root, argv[optind]))
            return EXIT_USAGE;
    if (!is_directory(root))
        return EXIT_FAILED;
    switch (ralph_lock_signal_holder(root, number, &error)) {
    case RALPH_LOCK_OK:
        return EXIT_DONE;
    case RALPH_LOCK_NOT_FOUND:
        if (!quiet)
            say("%s", ralph_lock_error_message(error));
        ralph_lock_error_free(error);
        return EXIT_NEGATIVE;
    default:
        return failed(error);
    }
}
