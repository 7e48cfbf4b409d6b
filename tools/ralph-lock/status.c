#include "lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arguments.h"

/* The facts from the library and the system. */
typedef struct answer {
    char *path;
    ralph_lock_state state;
    ralph_lock_metadata *record;
    uint32_t keepers[KEEPERS];
    size_t keeper_count;
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
    printf(", \"local_pid\": %u", (unsigned)ralph_lock_metadata_local_pid(record));
    printf(", \"liveness\": \"%s\", \"relation\": \"%s\"}", livenesses[ralph_lock_metadata_liveness(record)],
           relations[ralph_lock_metadata_relation(record)]);
}

static void print_json(const answer *from)
{
    static const char *const states[] = {"free", "held", "stale"};

    printf("{\"state\": \"%s\", \"path\": ", states[from->state]);
    print_json_text(from->path);
    fputs(", \"holder\": ", stdout);
    print_record_json(from->state == RALPH_LOCK_STATE_HELD ? from->record : NULL);
    fputs(", \"last_holder\": ", stdout);
    print_record_json(from->state == RALPH_LOCK_STATE_STALE ? from->record : NULL);
    fputs(", \"keepers\": [", stdout);
    for (size_t i = 0; i < from->keeper_count; i++)
        printf("%s%u", i > 0 ? ", " : "", (unsigned)from->keepers[i]);
    puts("]}");
}

/* Begins a line of the plain answer. */
static void field(line *out, const char *name)
{
    line_begin(out, columns_of(STDOUT_FILENO));
    line_words(out, "%-8s ", name);
}

static void print_plain(const answer *from)
{
    static const char *const states[] = {"free", "held", "stale: free, but its last holder did not release it"};
    const ralph_lock_metadata *record = from->record;
    uint32_t local_pid = ralph_lock_metadata_local_pid(record);
    line out;

    field(&out, "state");
    line_words(&out, "%s", states[from->state]);
    puts(out.text);
    field(&out, "file");
    line_text(&out, from->path);
    puts(out.text);
    if (from->state == RALPH_LOCK_STATE_HELD && record == NULL) {
        field(&out, "holder");
        line_words(&out, "%s", ralph_lock_metadata_summary(NULL));
        puts(out.text);
    }
    if (record != NULL) {
        field(&out, "process");
        line_words(&out, "%u", (unsigned)ralph_lock_metadata_pid(record));
        if (local_pid != 0 && local_pid != ralph_lock_metadata_pid(record))
            line_words(&out, " in its container, %u here", (unsigned)local_pid);
        line_words(&out, ", %s", liveness_words(record));
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
    for (size_t i = 0; i < from->keeper_count; i++)
        printf("%-8s %u\n", i == 0 ? "kept by" : "", (unsigned)from->keepers[i]);
}

int status_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"file", required_argument, NULL, 'f'}, {"json", no_argument, NULL, 'j'}, {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    const char *directory = NULL, *file = NULL;
    target lock;
    answer to = {0};
    ralph_lock_error *error;
    bool json = false, quiet = false;
    int option, result;

    while ((option = next_option(argc, argv, ":qh", options)) != -1) {
        switch (option) {
        case 'f':
            file = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 'q':
            quiet = true;
            break;
        case 'h':
            return print_help("status");
        default:
            return option_error("status", option, argv, options);
        }
    }
    if (!take_directories("status", &directory, argc, argv))
        return EXIT_USAGE;
    result = find_target("status", directory, file, &lock);
    if (result == -1 &&
        ralph_lock_inspect_with(lock.root, lock.options, &to.state, &to.record, &error) != RALPH_LOCK_OK)
        result = failed(error);
    if (result == -1) {
        result = to.state == RALPH_LOCK_STATE_HELD ? EXIT_NEGATIVE : EXIT_DONE;
        if (!quiet) {
            to.path = target_path(&lock);
            if (to.state == RALPH_LOCK_STATE_HELD)
                to.keeper_count = find_keepers(&lock, to.record, to.keepers);
            (json ? print_json : print_plain)(&to);
            free(to.path);
        }
    }
    ralph_lock_metadata_free(to.record);
    target_free(&lock);
    return finish_output(result);
}
