/* Target: any bytes as the lock file's text. They hide no holder and stop no acquire, and all functions agree on what
 * they say.
 *
 * Some bytes that are not part of UTF-8 stand for what differs from run to run, such as this process's identity: the
 * fuzzer cannot guess it, and a checked-in text cannot contain it. */
#include "fuzz.h"

static const char *root;
static char *path;

/* The words that the bytes from FIRST_WORD on stand for. */
#define FIRST_WORD 0xf8
static char *words[7];

static char text[1 << 16];
static size_t length;

/* Replaces the bytes that stand for words. */
static void spell(const uint8_t *data, size_t size)
{
    size_t at, room;

    for (length = at = 0; at < size; at++) {
        size_t word = (size_t)data[at] - FIRST_WORD;

        if (data[at] < FIRST_WORD || word >= sizeof words / sizeof *words) {
            text[length++] = (char)data[at];
        } else if ((room = strlen(words[word])) < sizeof text - length - (size - at)) {
            memcpy(text + length, words[word], room);
            length += room;
        }
    }
}

static void write_text(void)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    CHECK(fd != -1 && write(fd, text, length) == (ssize_t)length && close(fd) == 0);
}

static size_t read_file(char *bytes, size_t room)
{
    int fd = open(path, O_RDONLY);
    ssize_t count = read(fd, bytes, room);

    CHECK(fd != -1 && count >= 0 && close(fd) == 0);
    return (size_t)count;
}

static void check_unchanged(void)
{
    static char found[sizeof text];

    CHECK(read_file(found, sizeof found) == length && memcmp(found, text, length) == 0);
}

static void check_blank(void)
{
    static char found[sizeof text];
    size_t count = read_file(found, sizeof found - 1);

    found[count] = '\0';
    CHECK(strspn(found, " \t\r\n") == count);
}

/* Whether two texts are the same, or both missing. */
static bool same_text(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static void check_same(const ralph_lock_metadata *one, const ralph_lock_metadata *other)
{
    CHECK(one != NULL && other != NULL);
    CHECK(ralph_lock_metadata_pid(one) == ralph_lock_metadata_pid(other));
    CHECK(ralph_lock_metadata_started_unix_ns(one) == ralph_lock_metadata_started_unix_ns(other));
    CHECK(same_text(ralph_lock_metadata_started_rfc3339(one), ralph_lock_metadata_started_rfc3339(other)));
    CHECK(same_text(ralph_lock_metadata_prompt(one), ralph_lock_metadata_prompt(other)));
    CHECK(same_text(ralph_lock_metadata_host(one), ralph_lock_metadata_host(other)));
}

/* Checks the holder that a call named: the one on record, or none. Frees it. */
static void check_named(bool expected, ralph_lock_metadata *named, const ralph_lock_metadata *record)
{
    if (expected)
        check_same(named, record);
    else
        CHECK(named == NULL);
    ralph_lock_metadata_free(named);
}

/* Checks a call's status and error object, which it frees. */
static void check(ralph_lock_status expected, ralph_lock_status status, ralph_lock_error *error)
{
    int errno_seen = errno;

    if (status != expected)
        fail("%s instead of %s: %s", ralph_lock_status_name((int32_t)status),
             ralph_lock_status_name((int32_t)expected), ralph_lock_error_message(error));
    check_error(status, error, errno_seen);
    ralph_lock_error_free(error);
}

/* The record, or NULL where the text is none. No text gives a third answer. */
static ralph_lock_metadata *read_record(void)
{
    ralph_lock_metadata *record;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_read_existing(root, &record, &error);

    check(status == RALPH_LOCK_OK ? RALPH_LOCK_OK : RALPH_LOCK_NOT_FOUND, status, error);
    CHECK((record != NULL) == (status == RALPH_LOCK_OK));
    if (record != NULL)
        check_metadata(record);
    return record;
}

/* A text that is no JSON object is never a record. */
static void check_is_object(void)
{
    const char *begin = text, *end = text + length;

    while (begin < end && strchr(" \t\r\n", *begin) != NULL)
        begin++;
    while (begin < end && strchr(" \t\r\n", end[-1]) != NULL)
        end--;
    CHECK(end - begin >= 2 && *begin == '{' && end[-1] == '}');
    CHECK(is_utf8(text, length));
}

static void check_is_locked(bool expected)
{
    bool locked = !expected;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_is_locked(root, &locked, &error);

    check(RALPH_LOCK_OK, status, error);
    CHECK(locked == expected);
}

static void check_signal(ralph_lock_status expected)
{
    ralph_lock_error *error;
    /* A call of its own: the arguments of one call are evaluated in any order. */
    ralph_lock_status status = ralph_lock_signal_holder(root, 0, &error);

    check(expected, status, error);
}

/* Checks the answer of inspect; `is_named`: the record belongs to it. */
static void check_inspect(ralph_lock_state expected, bool is_named, const ralph_lock_metadata *record)
{
    ralph_lock_state state;
    ralph_lock_metadata *named;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_inspect(root, &state, &named, &error);

    check(RALPH_LOCK_OK, status, error);
    CHECK(state == expected);
    check_named(is_named, named, record);
}

/* The lock is free: a record is a stale one. */
static void look_while_free(const ralph_lock_metadata *record)
{
    check_is_locked(false);
    check_inspect(record != NULL ? RALPH_LOCK_STATE_STALE : RALPH_LOCK_STATE_FREE, record != NULL, record);
    check_signal(RALPH_LOCK_NOT_FOUND);
}

/* Whether the record may say since when its process runs, and not where. C cannot ask for that. */
static bool may_have_start_time(void)
{
    return memmem(text, length, "start_time", strlen("start_time")) != NULL || memchr(text, '\\', length) != NULL;
}

static bool is_named_by_inspect(void)
{
    ralph_lock_state state;
    ralph_lock_metadata *named;
    bool result;

    CHECK(ralph_lock_inspect(root, &state, &named, NULL) == RALPH_LOCK_OK);
    result = named != NULL;
    ralph_lock_metadata_free(named);
    return result;
}

/* Whether the record names this process, which the kernel lists as the owner, or identifies its process otherwise. A
 * record that does neither, like ralph-core's, names no holder. Where that is left open, all functions must agree. */
static bool may_be_holders(const ralph_lock_metadata *record)
{
    if (record == NULL)
        return false;
    return ralph_lock_metadata_pid(record) == (uint32_t)getpid() ||
           ralph_lock_metadata_liveness(record) != RALPH_LOCK_LIVENESS_UNKNOWN ||
           ralph_lock_metadata_local_pid(record) != 0 || (may_have_start_time() && is_named_by_inspect());
}

/* This process holds the lock. Whether it is the process on record is judged by what is known of that one. */
static void look_while_held(const ralph_lock_metadata *record)
{
    uint32_t pid = ralph_lock_metadata_pid(record);
    ralph_lock_liveness liveness = ralph_lock_metadata_liveness(record);
    bool ended = liveness == RALPH_LOCK_LIVENESS_DEAD || liveness == RALPH_LOCK_LIVENESS_RECYCLED;
    /* An ended holder is named only where the kernel lists its pid as the owner. */
    bool possible = may_be_holders(record), named = possible && (!ended || pid == (uint32_t)getpid());
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_options *options;
    ralph_lock_status status;

    check_is_locked(true);
    check_inspect(RALPH_LOCK_STATE_HELD, named, record);
    /* A process that runs and does not have the lock is not signalled. */
    check_signal(!named                                                                 ? RALPH_LOCK_PARSE
                 : ralph_lock_metadata_relation(record) == RALPH_LOCK_RELATION_SELF ? RALPH_LOCK_OK
                                                                                        : RALPH_LOCK_NOT_LIVE);

    status = ralph_lock_try_acquire(root, "refused", &guard, &holder, &error);
    check(RALPH_LOCK_ALREADY_LOCKED, status, error);
    CHECK(guard == NULL);
    check_named(possible && liveness != RALPH_LOCK_LIVENESS_DEAD, holder, record);

    options = ralph_lock_options_new();
    CHECK(ralph_lock_options_set_timeout_ms(options, 3) == RALPH_LOCK_OK);
    status = ralph_lock_acquire_with(root, "waits", options, &guard, &holder, &error);
    check(RALPH_LOCK_TIMED_OUT, status, error);
    CHECK(guard == NULL);
    check_named(possible, holder, record);
    ralph_lock_options_free(options);
}

/* A process that has just taken the lock is the holder on record, and its release leaves a blank file. */
static void check_held_by_us(ralph_lock_guard *guard, const char *prompt)
{
    ralph_lock_metadata *own = read_record();

    CHECK(own != NULL);
    CHECK(ralph_lock_metadata_pid(own) == (uint32_t)getpid());
    CHECK(ralph_lock_metadata_started_unix_ns(own) == now_wall());
    CHECK(same_text(ralph_lock_metadata_prompt(own), prompt));
    CHECK(ralph_lock_metadata_relation(own) == RALPH_LOCK_RELATION_SELF);
    check_inspect(RALPH_LOCK_STATE_HELD, true, own);
    ralph_lock_metadata_free(own);
    CHECK(ralph_lock_guard_verify(guard, NULL) == RALPH_LOCK_OK);
    CHECK(ralph_lock_release(guard) == RALPH_LOCK_OK);
    check_blank();
    check_is_locked(false);
}

/* Whatever the text is, the lock can be taken, and its new holder gets a record that was left behind. A process
 * that runs has not died with the lock. */
static void take(const ralph_lock_metadata *record)
{
    bool is_left = record != NULL && ralph_lock_metadata_liveness(record) != RALPH_LOCK_LIVENESS_LIVE;
    ralph_lock_guard *guard;
    ralph_lock_metadata *previous;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_try_acquire(root, "takes it", &guard, NULL, &error);

    check(RALPH_LOCK_OK, status, error);
    status = ralph_lock_guard_previous(guard, &previous, &error);
    check(is_left ? RALPH_LOCK_OK : RALPH_LOCK_NOT_FOUND, status, error);
    check_named(is_left, previous, record);
    check_held_by_us(guard, "takes it");
}

/* The same with a descriptor that has the lock already. */
static void adopt(int fd)
{
    ralph_lock_guard *guard;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_adopt_fd(root, "adopts it", NULL, fd, &guard, &error);

    check(RALPH_LOCK_OK, status, error);
    check_held_by_us(guard, "adopts it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    account before = balance();
    ralph_lock_metadata *record;
    int fd;

    spell(data, size);
    write_text();
    record = read_record();
    if (record != NULL)
        check_is_object();
    look_while_free(record);
    CHECK((fd = open(path, O_RDWR | O_CLOEXEC)) != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    look_while_held(record);
    check_unchanged();
    adopt(fd);
    write_text();
    take(record);
    ralph_lock_metadata_free(record);
    check_balance(before);
    return 0;
}

/* What the library writes about a process under "holder": this process's text with that process's start time. */
static char *identity_of(const char *own, pid_t pid)
{
    char *name = path_of("/proc/%d/stat", (int)pid);
    FILE *stat = fopen(name, "r");
    const char *number = strstr(own, "\"start_time\":") + strlen("\"start_time\":");
    unsigned long long start_time;
    char *identity;

    CHECK(stat != NULL);
    /* Field 22; the names of the processes asked about here have no parentheses. */
    CHECK(fscanf(stat, "%*[^)]) %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
                 &start_time) == 1);
    fclose(stat);
    free(name);
    identity = path_of("%.*s%llu}", (int)(number - own), own, start_time);
    return identity;
}

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    ralph_lock_guard *guard;
    char *own;
    pid_t ended = fork();
    siginfo_t info;

    /* It is not reaped: its pid stays taken. */
    if (ended == 0)
        _exit(0);
    CHECK(ended > 0 && waitid(P_PID, (id_t)ended, &info, WEXITED | WNOWAIT) == 0);
    root = new_folder();
    path = path_of("%s/%s", root, RALPH_LOCK_FILE);
    CHECK(ralph_lock_try_acquire(root, "", &guard, NULL, NULL) == RALPH_LOCK_OK);
    text[read_file(text, sizeof text - 1)] = '\0';
    CHECK((own = strstr(text, "\"holder\": ")) != NULL);
    own = strdup(own + strlen("\"holder\": "));
    *(strrchr(own, '\n')) = '\0';
    CHECK(ralph_lock_release(guard) == RALPH_LOCK_OK);

    words[0] = own;
    words[1] = path_of("%d", (int)getpid());
    words[2] = identity_of(own, getppid());
    words[3] = path_of("%d", (int)getppid());
    words[4] = identity_of(own, ended);
    words[5] = path_of("%d", (int)ended);
    /* Boot and pid namespace alone. */
    words[6] = strdup(strstr(own, "\"boot_id\""));
    *(strstr(words[6], ",\"start_time\"")) = '\0';

    /* The first run. */
    LLVMFuzzerTestOneInput((const uint8_t *)"{", 1);
    return 0;
}
