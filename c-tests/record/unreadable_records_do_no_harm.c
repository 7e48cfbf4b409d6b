/* Text that is not a record is RALPH_LOCK_NOT_FOUND with the reason; it hides no holder and prevents no acquire. */
#include "check.h"

static void flock_body(void *file)
{
    int fd = open(file, O_RDONLY);

    CHECK(fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    say(&starter, 'h');
    hear(&starter);
}

/* Starts a process that holds the lock without a record, as flock(1) does. */
static process hold_by_flock(const char *file)
{
    process child = start(flock_body, (void *)file);

    CHECK(hear(&child) == 'h');
    return child;
}

static void check_harmless(const char *text, size_t length)
{
    char *root = new_workspace();
    char *file = lock_file_of(root);
    ralph_lock_guard *guard;
    ralph_lock_metadata *metadata;
    ralph_lock_error *error;
    process holder;

    write_file(file, text, length);

    /* While the lock is free, the message says why there is no record. */
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_read_existing(root, &metadata, &error));
    CHECK(metadata == NULL);
    CHECK_STATUS(RALPH_LOCK_NOT_FOUND, ralph_lock_error_status(error));
    CHECK(strstr(ralph_lock_error_message(error), file) != NULL);
    CHECK(strlen(ralph_lock_error_message(error)) > strlen(file) + strlen(": "));
    CHECK_TEXT(file, ralph_lock_error_path(error));
    CHECK(ralph_lock_error_os_code(error) == 0);
    ralph_lock_error_free(error);
    CHECK(!is_locked(root));

    /* While a process without a record holds the lock, the text is neither its record nor an error. */
    holder = hold_by_flock(file);
    CHECK(is_locked(root));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_try_acquire(root, "p", &guard, &metadata, &error));
    CHECK(guard == NULL);
    CHECK(metadata == NULL);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_error_status(error));
    CHECK(strstr(ralph_lock_error_message(error), file) != NULL);
    ralph_lock_error_free(error);
    kill_hard(&holder);

    /* An acquire replaces the text with its record, and the release blanks the file. */
    holder = hold(root, "acquired");
    check_held(root, "acquired");
    say(&holder, 'r');
    CHECK(hear(&holder) == 'r');
    CHECK(is_blank(file));
    say(&holder, 'x');
    finish(&holder);
    CHECK(unlink(file) == 0);
    free(root);
    free(file);
}

/* RECORD with other text around it, and in other spellings. */
static void check_readable(const char *text)
{
    char *root = new_workspace();
    char *file = lock_file_of(root);
    ralph_lock_metadata *metadata;

    write_file(file, text, strlen(text));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &metadata, NULL));
    CHECK(ralph_lock_metadata_pid(metadata) == 7);
    CHECK(ralph_lock_metadata_started_unix_ns(metadata) == (int64_t)1795363200 * 1000000000);
    CHECK_TEXT("p", ralph_lock_metadata_prompt(metadata));
    ralph_lock_metadata_free(metadata);

    CHECK_STATUS(RALPH_LOCK_OK, try_only(root));
    CHECK(is_blank(file));
}

#define HARMLESS(text) check_harmless(text, sizeof(text) - 1)
#define STARTED "\"started\": \"2026-11-22T16:00:00Z\""
#define RECORD "{\"pid\": 7, " STARTED ", \"prompt\": \"p\"}"

int main(void)
{
    size_t large = (size_t)20 << 20;
    size_t deep = 100000;
    char *text = remember(malloc(large + 1));

    CHECK(text != NULL);
    HARMLESS("");
    HARMLESS(" \n\t\r\n ");
    HARMLESS("{");
    HARMLESS("no JSON at all");
    HARMLESS("{\n  \"pid\": 7,\n  " STARTED ",\n  \"pro");
    HARMLESS(RECORD RECORD);
    HARMLESS(RECORD "}");
    HARMLESS("null");
    HARMLESS("7");
    HARMLESS("{}");
    HARMLESS("{\"pid\": \"7\", " STARTED ", \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": -7, " STARTED ", \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 7.5, " STARTED ", \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 4294967296, " STARTED ", \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 7, " STARTED ", \"prompt\": null}");
    HARMLESS("{\"pid\": 7, \"started\": 1795363200, \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 7, \"started\": \"yesterday\", \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 7, \"started\": \"2026-13-22T16:00:00Z\", \"prompt\": \"p\"}");
    /* In UTC these lie in the years 10000 and -1. */
    HARMLESS("{\"pid\": 7, \"started\": \"9999-12-31T23:59:59-00:01\", \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 7, \"started\": \"0000-01-01T00:00:00+00:01\", \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 7, \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 7, \"pid\": 8, " STARTED ", \"prompt\": \"p\"}");
    HARMLESS("{\"pid\": 7, " STARTED ", \"prompt\": \"\\ud800\"}");
    HARMLESS("{\"pid\": 7, " STARTED ", \"prompt\": \"\xff\xfe\"}");
    HARMLESS("{\"x\": \"\xff\xfe\", \"pid\": 7, " STARTED ", \"prompt\": \"p\"}");
    HARMLESS("\xef\xbb\xbf" RECORD);
    HARMLESS("\0\0\0\0\0\0\0\0");
    HARMLESS(RECORD "\0\0\0");
    HARMLESS("\x7f" "ELF\x02\x01\x01\0\0\0\0\0\xff\xff");

    memset(text, '[', deep);
    check_harmless(text, deep);
    strcpy(text, "{\"x\": ");
    memset(text + 6, '[', deep);
    check_harmless(text, deep + 6);

    /* A machine that crashes can leave this. */
    memset(text, '\0', 8192);
    check_harmless(text, 8192);

    /* Longer than what is ever read, even if it is a record, or blank. */
    memset(text, ' ', large);
    check_harmless(text, large);
    memcpy(text, RECORD, sizeof RECORD - 1);
    check_harmless(text, large);
    memset(text, '\0', large);
    check_harmless(text, large);

    check_readable(RECORD);
    check_readable("\n " RECORD "  \n\t\r\n");
    check_readable("{\"prompt\": \"p\", " STARTED ", \"pid\": 7}");
    check_readable("{\"v\": [1, {\"pid\": 9}], \"holder\": {\"pid\": 8, \"prompt\": \"q\", \"host\": \"h\"}, "
                   "\"pid\": 7, " STARTED ", \"prompt\": \"p\", \"z\": null}");
    check_readable("{\"pid\": 7, \"started\": \"2026-11-22T18:00:00.000+02:00\", \"prompt\": \"p\"}");
    check_readable("{\"\\u0070id\": 7, " STARTED ", \"prompt\": \"\\u0070\"}");
    memset(text, '\0', 2 * deep + 100);
    strcpy(text, "{\"x\": ");
    memset(text + 6, '[', deep);
    memset(text + 6 + deep, ']', deep);
    strcpy(text + 6 + 2 * deep, ", \"pid\": 7, " STARTED ", \"prompt\": \"p\"}");
    check_harmless(text, strlen(text));
    return 0;
}
