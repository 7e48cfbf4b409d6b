/* A summary is one line with the process, its host if it is not this one, the time and the prompt. Text from a foreign
 * record cannot move, reorder or hide anything on a terminal. */
#include "holders.h"

static void check_summary(const char *root, const char *host, const char *prompt, const char *expected)
{
    ralph_lock_metadata *metadata;
    char *record = path_of("{\"pid\": 7, \"started\": \"2026-01-01T01:02:03.5Z\", \"prompt\": \"%s\", "
                           "\"holder\": {\"host\": \"%s\"}}", prompt, host);

    write_file(lock_file_of(root), record, strlen(record));
    metadata = on_record(root);
    CHECK_TEXT(expected, ralph_lock_metadata_summary(metadata));
    /* Each call returns the same string. */
    CHECK(ralph_lock_metadata_summary(metadata) == ralph_lock_metadata_summary(metadata));
    ralph_lock_metadata_free(metadata);
    CHECK(strstr(ralph_lock_metadata_summary(metadata), "unknown") != NULL);
}

int main(void)
{
    char *root = new_workspace();
    char own[256], longer[4096] = "", cut[4096] = "process 7 since 2026-01-01T01:02:03Z: ";
    int i;

    CHECK(gethostname(own, sizeof own) == 0);
    check_summary(root, own, "", "process 7 since 2026-01-01T01:02:03Z");
    check_summary(root, own, "implement auth", "process 7 since 2026-01-01T01:02:03Z: implement auth");
    check_summary(root, "else\\nwhere", "x", "process 7 on host else\\nwhere since 2026-01-01T01:02:03Z: x");
    check_summary(root, own, "a\\nb\\u001b[2J\\u202e\\u200b\\udb40\\udc41\\u0000",
                  "process 7 since 2026-01-01T01:02:03Z: a\\nb\\u{1b}[2J\\u{202e}\\u{200b}\\u{e0041}\xef\xbf\xbd");
    for (i = 0; i < 201; i++) {
        strcat(longer, "\xc3\xbc");
        strcat(cut, i < 200 ? "\xc3\xbc" : "\xe2\x80\xa6");
    }
    check_summary(root, own, longer, cut);
    CHECK(strstr(ralph_lock_metadata_summary(NULL), "unknown") != NULL);
    return 0;
}
