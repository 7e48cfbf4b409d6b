/* The steps: every exported function, on each of its ways. */
#include "faults.h"

#include <pthread.h>
#include <sys/socket.h>

/* The workspace of this run, and its lock file. */
static char root[200];
static char lock_file[300];
static const char *file;

/* What a step has and gets. Whatever is not NULL at the end is given back. */
static ralph_lock_status status;
static int code;
static ralph_lock_guard *guard;
static ralph_lock_metadata *metadata;
static ralph_lock_error *error;
static ralph_lock_options *options;
static ralph_lock_cancel *cancel;
static ralph_lock_waiter *waiter;
static int fd;
static char detail[100];
/* What was held before the step, and whether the descriptor has the lock. */
static ralph_lock_guard *own;
static bool fd_has_lock;
static pthread_t thread;
static bool has_thread;

/* Longer than what is blanked in place. */
static char big[6000];

#define CALL(call) (status = (call), code = errno)

int line[2];

static void say(const char *text)
{
    snprintf(detail, sizeof detail, " %s", text);
}

/* --- what is there before the step --- */

static void write_file(const char *text)
{
    char folder[300];
    int made;

    snprintf(folder, sizeof folder, "%s", lock_file);
    *strrchr(folder, '/') = '\0';
    MUST(mkdir(folder, 0777) == 0 || errno == EEXIST);
    made = open(lock_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    MUST(made != -1);
    MUST(write(made, text, strlen(text)) == (ssize_t)strlen(text));
    MUST(close(made) == 0);
}

static void no_folder(void)
{
}

static void blank(void)
{
    write_file("    \n");
}

static void leftover(void)
{
    write_file("{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"gone\"}");
}

static void garbage(void)
{
    write_file("no record");
}

/* Has another process do to the lock file what judge.c knows by that letter. */
static void locked(char how)
{
    blank();
    judge(how, root, file);
}

static void held(void)
{
    locked('h');
}

static void nameless(void)
{
    locked('n');
}

static void probed(void)
{
    locked('p');
}

static void mortal(void)
{
    locked('m');
}

static void left(void)
{
    locked('l');
}

/* From here on as a user who may read the lock file and no more. */
static void without_rights(void)
{
    MUST(chmod(lock_file, 0444) == 0);
    MUST(seteuid(65534) == 0);
}

static void unwritable(void)
{
    blank();
    without_rights();
}

static void unwritable_and_held(void)
{
    held();
    without_rights();
}

static void take(const char *prompt)
{
    MUST(ralph_lock_try_acquire(root, prompt, &own, NULL, NULL) == RALPH_LOCK_OK);
}

static void mine(void)
{
    blank();
    take("step");
}

static void mine_after_one_that_died(void)
{
    leftover();
    take("step");
}

static void mine_big(void)
{
    blank();
    take(big);
}

static void mine_and_lost(void)
{
    mine();
    MUST(unlink(lock_file) == 0);
}

static void mine_and_forked(void)
{
    pid_t child;

    mine();
    child = fork();
    MUST(child >= 0);
    if (child == 0)
        _exit(0);
    MUST(waitpid(child, NULL, 0) == child);
}

static void mine_as_fd(void)
{
    mine();
    MUST(ralph_lock_guard_into_fd(own, &fd, NULL) == RALPH_LOCK_OK);
    own = NULL;
    fd_has_lock = true;
}

static void shells(void)
{
    leftover();
    fd = open(lock_file, O_RDWR | O_CLOEXEC);
    MUST(fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    fd_has_lock = true;
}

static void unlocked_fd(void)
{
    blank();
    fd = open(lock_file, O_RDWR | O_CLOEXEC);
    MUST(fd != -1);
}

static void fd_beside_holder(void)
{
    held();
    fd = open(lock_file, O_RDWR | O_CLOEXEC);
    MUST(fd != -1);
}

static void wait_for(uint64_t milliseconds)
{
    options = ralph_lock_options_new();
    MUST(ralph_lock_options_set_timeout_ms(options, milliseconds) == RALPH_LOCK_OK);
}

static void free_and_timed(void)
{
    blank();
    wait_for(100000);
}

static void held_and_timed(void)
{
    held();
    wait_for(100000);
}

static void mortal_and_timed(void)
{
    mortal();
    wait_for(100000);
}

static void held_and_soon(void)
{
    held();
    wait_for(TIMEOUT);
}

static void held_and_not_at_all(void)
{
    held();
    wait_for(0);
}

static void held_and_for_ever(void)
{
    held();
    wait_for(UINT64_MAX);
}

static void token(void)
{
    MUST(ralph_lock_cancel_new(&cancel, NULL) == RALPH_LOCK_OK);
}

static void with_token(void)
{
    token();
    if (options == NULL)
        options = ralph_lock_options_new();
    MUST(ralph_lock_options_set_cancel(options, cancel) == RALPH_LOCK_OK);
}

static void *trigger_when_told(void *token)
{
    char letter;

    MUST(read(line[1], &letter, 1) == 1);
    if (letter == 't')
        MUST(ralph_lock_cancel_trigger(token) == RALPH_LOCK_OK);
    MUST(write(line[1], &letter, 1) == 1);
    return NULL;
}

static void held_and_triggered_later(void)
{
    held();
    with_token();
    MUST(pthread_create(&thread, NULL, trigger_when_told, cancel) == 0);
    has_thread = true;
}

static void held_and_triggered(void)
{
    held();
    with_token();
    MUST(ralph_lock_cancel_trigger(cancel) == RALPH_LOCK_OK);
}

static void another_file(void)
{
    snprintf(lock_file, sizeof lock_file, "%s/%s", root, file = "build/deep/deploy.lock");
    wait_for(0);
    MUST(ralph_lock_options_set_lock_file(options, file) == RALPH_LOCK_OK);
}

static void begin(void)
{
    MUST(ralph_lock_waiter_new(root, "step", options, &waiter, NULL) == RALPH_LOCK_OK);
}

static void step_once(void)
{
    MUST(ralph_lock_waiter_step(waiter, &guard, NULL, NULL) == RALPH_LOCK_ALREADY_LOCKED);
}

static void waits_for_free(void)
{
    blank();
    begin();
}

static void waits_for_held(void)
{
    held();
    begin();
}

static void waits_and_looked(void)
{
    waits_for_held();
    step_once();
}

static void waits_and_is_told(void)
{
    waits_and_looked();
    judge('r', root, file);
}

static void waits_and_holder_dies(void)
{
    mortal();
    begin();
    step_once();
    judge('k', root, file);
}

static void waits_with_token(void)
{
    held();
    with_token();
    begin();
    step_once();
    MUST(ralph_lock_cancel_trigger(cancel) == RALPH_LOCK_OK);
}

static void record(void)
{
    MUST(ralph_lock_read_existing(root, &metadata, NULL) == RALPH_LOCK_OK);
}

static void record_of_holder(void)
{
    held();
    record();
}

static void record_of_dead(void)
{
    mortal();
    judge('k', root, file);
    record();
}

static void record_of_own(void)
{
    mine();
    record();
}

/* The record of the process above this one, written for it. */
static void record_of_parent(void)
{
    char text[2048], line_of[1024], host[256], boot[64] = "";
    unsigned long long start;
    struct stat space;
    const char *field;
    int from, count;

    from = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    MUST(read(from, boot, 36) == 36 && close(from) == 0);
    from = open("/proc/1/stat", O_RDONLY | O_CLOEXEC);
    count = (int)read(from, line_of, sizeof line_of - 1);
    MUST(count > 0 && close(from) == 0);
    line_of[count] = '\0';
    /* After the name: fields 3 to 21, and then the start. */
    field = strrchr(line_of, ')') + 1;
    for (count = 3; count <= 21; count++)
        field = strchr(field + 1, ' ');
    start = strtoull(field, NULL, 10);
    MUST(gethostname(host, sizeof host) == 0 && stat("/proc/self/ns/pid", &space) == 0);
    snprintf(text, sizeof text,
             "{\"pid\":1,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"gone\",\"holder\":{\"host\":\"%s\","
             "\"boot_id\":\"%s\",\"pid_ns\":%llu,\"start_time\":%llu}}",
             host, boot, (unsigned long long)space.st_ino, start);
    write_file(text);
    record();
}

static void failure(void)
{
    blank();
    MUST(ralph_lock_try_acquire("", "step", &guard, NULL, &error) == RALPH_LOCK_INVALID_ARGUMENT);
}

static void new_options(void)
{
    options = ralph_lock_options_new();
}

static void options_and_token(void)
{
    token();
    new_options();
}

/* --- the steps --- */

static void try_acquire(void)
{
    CALL(ralph_lock_try_acquire(root, "step", &guard, &metadata, &error));
}

static void try_acquire_big(void)
{
    CALL(ralph_lock_try_acquire(root, big, &guard, &metadata, &error));
}

static void acquire_blocking(void)
{
    CALL(ralph_lock_acquire_blocking(root, "step", &guard, &error));
}

static void acquire_with(void)
{
    CALL(ralph_lock_acquire_with(root, "step", options, &guard, &metadata, &error));
}

static void waiter_new(void)
{
    CALL(ralph_lock_waiter_new(root, "step", options, &waiter, &error));
}

static void waiter_step(void)
{
    CALL(ralph_lock_waiter_step(waiter, &guard, &metadata, &error));
}

static void waiter_fd(void)
{
    say(ralph_lock_waiter_fd(waiter) >= 0 ? "a descriptor" : "none");
}

static void waiter_free(void)
{
    ralph_lock_waiter_free(waiter);
    waiter = NULL;
}

static void release(void)
{
    CALL(ralph_lock_release(own));
    own = NULL;
}

static void guard_path(void)
{
    say(strcmp(ralph_lock_guard_path(own), lock_file) == 0 ? "the lock file" : "another file");
}

static void guard_verify(void)
{
    CALL(ralph_lock_guard_verify(own, &error));
}

static void guard_previous(void)
{
    CALL(ralph_lock_guard_previous(own, &metadata, &error));
}

static void guard_into_fd(void)
{
    CALL(ralph_lock_guard_into_fd(own, &fd, &error));
    if (status == RALPH_LOCK_OK)
        own = NULL, fd_has_lock = true;
}

static void adopt_fd(void)
{
    CALL(ralph_lock_adopt_fd(root, "step", NULL, fd, &guard, &error));
    if (status == RALPH_LOCK_OK)
        fd = -1;
}

static void read_existing(void)
{
    CALL(ralph_lock_read_existing(root, &metadata, &error));
}

static void is_locked(void)
{
    bool locked;

    CALL(ralph_lock_is_locked(root, &locked, &error));
    if (status == RALPH_LOCK_OK)
        say(locked ? "locked" : "free");
}

static void inspect(void)
{
    static const char *const names[] = {"FREE", "HELD", "STALE"};
    ralph_lock_state state;

    CALL(ralph_lock_inspect(root, &state, &metadata, &error));
    if (status == RALPH_LOCK_OK)
        say(names[state]);
}

static void signal_holder(void)
{
    CALL(ralph_lock_signal_holder(root, SIGCONT, &error));
}

static void find_keepers(void)
{
    uint32_t pids[4];
    size_t count;

    CALL(ralph_lock_find_keepers(root, pids, 4, &count, &error));
    if (status == RALPH_LOCK_OK)
        say(count == 0 ? "nobody" : count == 1 ? "one" : "many");
}

static void probe_filesystem(void)
{
    static const char *const names[] = {"UNKNOWN", "LOCAL", "DISTRIBUTED", "NO_LOCKS"};
    ralph_lock_filesystem verdict;

    CALL(ralph_lock_probe_filesystem(root, &verdict, &error));
    if (status == RALPH_LOCK_OK)
        say(names[verdict]);
}

static void cancel_new(void)
{
    CALL(ralph_lock_cancel_new(&cancel, &error));
}

static void cancel_trigger(void)
{
    CALL(ralph_lock_cancel_trigger(cancel));
}

static void cancel_free(void)
{
    ralph_lock_cancel_free(cancel);
    cancel = NULL;
}

static void options_new(void)
{
    options = ralph_lock_options_new();
    say(options ? "options" : "none");
}

static void set_timeout(void)
{
    CALL(ralph_lock_options_set_timeout_ms(options, 5));
}

static void set_cancel(void)
{
    CALL(ralph_lock_options_set_cancel(options, cancel));
}

static void set_lock_file(void)
{
    CALL(ralph_lock_options_set_lock_file(options, "build/x.lock"));
}

static void options_free(void)
{
    ralph_lock_options_free(options);
    options = NULL;
}

static void metadata_pid(void)
{
    say(ralph_lock_metadata_pid(metadata) != 0 ? "a number" : "none");
}

static void metadata_ns(void)
{
    say(ralph_lock_metadata_started_unix_ns(metadata) > 0 ? "a time" : "none");
}

static void metadata_rfc3339(void)
{
    say(ralph_lock_metadata_started_rfc3339(metadata) ? "a time" : "none");
}

static void metadata_prompt(void)
{
    say(ralph_lock_metadata_prompt(metadata));
}

static void metadata_host(void)
{
    say(ralph_lock_metadata_host(metadata) ? "a name" : "none");
}

static void metadata_liveness(void)
{
    static const char *const names[] = {"UNKNOWN", "LIVE", "DEAD", "RECYCLED", "FOREIGN"};

    say(names[ralph_lock_metadata_liveness(metadata)]);
}

static void metadata_relation(void)
{
    static const char *const names[] = {"UNKNOWN", "SELF", "ANCESTOR", "OTHER"};

    say(names[ralph_lock_metadata_relation(metadata)]);
}

static void metadata_free(void)
{
    ralph_lock_metadata_free(metadata);
    metadata = NULL;
}

static void error_status(void)
{
    say(ralph_lock_status_name((int32_t)ralph_lock_error_status(error)));
}

static void error_os_code(void)
{
    say(ralph_lock_error_os_code(error) == 0 ? "none" : "one");
}

static void error_message(void)
{
    say(ralph_lock_error_message(error) ? "a text" : "none");
}

static void error_path(void)
{
    say(ralph_lock_error_path(error) ? "a path" : "none");
}

static void error_free(void)
{
    ralph_lock_error_free(error);
    error = NULL;
}

static void status_name(void)
{
    say(ralph_lock_status_name(102));
}

static void status_message(void)
{
    say(ralph_lock_status_message(102) ? "a text" : "none");
}

static void version(void)
{
    say(strcmp(ralph_lock_version(), RALPH_LOCK_VERSION) == 0 ? "the header's" : "another");
}

#define STEP(function, path, prepare, perform) {"ralph_lock_" #function, path, prepare, perform, NOTHING, false}
#define EVENT(function, path, prepare, perform, event) {"ralph_lock_" #function, path, prepare, perform, event, false}
#define NETWORK(function, path, prepare, perform) {"ralph_lock_" #function, path, prepare, perform, NOTHING, true}

const step steps[] = {
    STEP(try_acquire, "there is no `.ralph`", no_folder, try_acquire),
    STEP(try_acquire, "it is free", blank, try_acquire),
    STEP(try_acquire, "a holder died", leftover, try_acquire),
    STEP(try_acquire, "the record is large", blank, try_acquire_big),
    STEP(try_acquire, "it is held", held, try_acquire),
    EVENT(try_acquire, "it is held by somebody who left no record", nameless, try_acquire, LET_PASS),
    EVENT(try_acquire, "the holder died, and its child keeps the lock", left, try_acquire, LET_PASS),
    EVENT(try_acquire, "somebody asks whether it is held", probed, try_acquire, RELEASE),
    STEP(try_acquire, "it is free, and may be read only", unwritable, try_acquire),
    STEP(try_acquire, "it is held, and may be read only", unwritable_and_held, try_acquire),
    EVENT(try_acquire, "the file is removed before it is locked", blank, try_acquire, REMOVE),
    NETWORK(try_acquire, "on a network file system", blank, try_acquire),
    NETWORK(try_acquire, "on a network file system, where it is held", held, try_acquire),
    STEP(acquire_blocking, "it is free", blank, acquire_blocking),
    STEP(acquire_blocking, "a holder died", leftover, acquire_blocking),
    EVENT(acquire_blocking, "it is held, then released", held, acquire_blocking, RELEASE),
    EVENT(acquire_blocking, "it is held, then its holder is killed", mortal, acquire_blocking, KILL_HOLDER),
    STEP(acquire_blocking, "it may be read only", unwritable_and_held, acquire_blocking),
    STEP(acquire_with, "without options", held, acquire_with),
    STEP(acquire_with, "no time to wait", held_and_not_at_all, acquire_with),
    STEP(acquire_with, "another lock file", another_file, acquire_with),
    STEP(acquire_with, "it is free", free_and_timed, acquire_with),
    EVENT(acquire_with, "it is held, then released", held_and_timed, acquire_with, RELEASE),
    EVENT(acquire_with, "it is held, then its holder is killed", mortal_and_timed, acquire_with, KILL_HOLDER),
    {"ralph_lock_acquire_with", "on a network file system, where it is held, then released", held_and_timed,
     acquire_with, RELEASE, true},
    EVENT(acquire_with, "without time limit or token", held_and_for_ever, acquire_with, RELEASE),
    EVENT(acquire_with, "the time is over", held_and_soon, acquire_with, TIME_OUT),
    EVENT(acquire_with, "the token is triggered", held_and_triggered_later, acquire_with, TRIGGER),
    STEP(acquire_with, "the token was triggered before", held_and_triggered, acquire_with),
    STEP(waiter_new, "without options", held, waiter_new),
    STEP(waiter_new, "with a token", with_token, waiter_new),
    STEP(waiter_step, "it is free", waits_for_free, waiter_step),
    STEP(waiter_step, "it is held", waits_for_held, waiter_step),
    STEP(waiter_step, "it is held, for the second time", waits_and_looked, waiter_step),
    STEP(waiter_step, "it has been released since the last step", waits_and_is_told, waiter_step),
    STEP(waiter_step, "the holder was killed since the last step", waits_and_holder_dies, waiter_step),
    STEP(waiter_step, "the token was triggered since the last step", waits_with_token, waiter_step),
    STEP(waiter_fd, "", waits_for_held, waiter_fd),
    STEP(waiter_free, "before the first step", waits_for_held, waiter_free),
    STEP(waiter_free, "after a step", waits_and_looked, waiter_free),
    STEP(release, "", mine, release),
    STEP(release, "the record is large", mine_big, release),
    STEP(release, "the process has forked", mine_and_forked, release),
    NETWORK(release, "on a network file system", mine, release),
    STEP(release, "NULL", no_folder, release),
    STEP(guard_path, "", mine, guard_path),
    STEP(guard_verify, "the file is there", mine, guard_verify),
    NETWORK(guard_verify, "on a network file system", mine, guard_verify),
    STEP(guard_verify, "the file was removed", mine_and_lost, guard_verify),
    STEP(guard_previous, "", mine_after_one_that_died, guard_previous),
    STEP(guard_into_fd, "", mine, guard_into_fd),
    STEP(adopt_fd, "of a guard", mine_as_fd, adopt_fd),
    STEP(adopt_fd, "of a shell, after a holder died", shells, adopt_fd),
    STEP(adopt_fd, "without a lock", unlocked_fd, adopt_fd),
    STEP(adopt_fd, "somebody else has the lock", fd_beside_holder, adopt_fd),
    NETWORK(adopt_fd, "on a network file system", mine_as_fd, adopt_fd),
    STEP(read_existing, "there is a record", leftover, read_existing),
    STEP(read_existing, "there is no file", no_folder, read_existing),
    STEP(read_existing, "the file is blank", blank, read_existing),
    EVENT(read_existing, "the file holds no record", garbage, read_existing, LET_PASS),
    STEP(is_locked, "it is free", blank, is_locked),
    STEP(is_locked, "it is held", held, is_locked),
    STEP(is_locked, "there is no file", no_folder, is_locked),
    EVENT(is_locked, "the file is removed meanwhile", blank, is_locked, REMOVE),
    STEP(inspect, "it is free", blank, inspect),
    STEP(inspect, "it is held", held, inspect),
    STEP(inspect, "a holder died", leftover, inspect),
    STEP(inspect, "there is no file", no_folder, inspect),
    EVENT(inspect, "it is held by somebody who left no record", nameless, inspect, LET_PASS),
    EVENT(inspect, "the holder died, and its child keeps the lock", left, inspect, LET_PASS),
    EVENT(inspect, "the file is removed meanwhile", blank, inspect, REMOVE),
    STEP(signal_holder, "it is held", held, signal_holder),
    STEP(signal_holder, "it is free", leftover, signal_holder),
    STEP(find_keepers, "it is held", held, find_keepers),
    STEP(find_keepers, "the holder died, and its child keeps the lock", left, find_keepers),
    STEP(find_keepers, "there is no file", no_folder, find_keepers),
    STEP(probe_filesystem, "there is a `.ralph`", blank, probe_filesystem),
    STEP(probe_filesystem, "there is no `.ralph`", no_folder, probe_filesystem),
    EVENT(probe_filesystem, "there are no files without a name", blank, probe_filesystem, NO_TMPFILE),
    NETWORK(probe_filesystem, "on a network file system", blank, probe_filesystem),
    STEP(cancel_new, "", no_folder, cancel_new),
    STEP(cancel_trigger, "", token, cancel_trigger),
    STEP(cancel_free, "", token, cancel_free),
    STEP(options_new, "", no_folder, options_new),
    STEP(options_set_timeout_ms, "", new_options, set_timeout),
    STEP(options_set_cancel, "", options_and_token, set_cancel),
    STEP(options_set_lock_file, "", new_options, set_lock_file),
    STEP(options_free, "", new_options, options_free),
    STEP(metadata_pid, "", record_of_own, metadata_pid),
    STEP(metadata_started_unix_ns, "", record_of_own, metadata_ns),
    STEP(metadata_started_rfc3339, "", record_of_own, metadata_rfc3339),
    STEP(metadata_prompt, "", record_of_own, metadata_prompt),
    STEP(metadata_host, "", record_of_own, metadata_host),
    STEP(metadata_liveness, "it runs", record_of_holder, metadata_liveness),
    STEP(metadata_liveness, "it has ended", record_of_dead, metadata_liveness),
    STEP(metadata_relation, "itself", record_of_own, metadata_relation),
    STEP(metadata_relation, "the process above it", record_of_parent, metadata_relation),
    STEP(metadata_relation, "another process", record_of_holder, metadata_relation),
    STEP(metadata_free, "", record_of_own, metadata_free),
    STEP(error_status, "", failure, error_status),
    STEP(error_os_code, "", failure, error_os_code),
    STEP(error_message, "", failure, error_message),
    STEP(error_path, "", failure, error_path),
    STEP(error_free, "", failure, error_free),
    STEP(status_name, "", no_folder, status_name),
    STEP(status_message, "", no_folder, status_message),
    STEP(version, "", no_folder, version),
};

const size_t step_count = sizeof steps / sizeof *steps;

/* --- what a step is found to have done --- */

static report *said;

#define WRONG(...) (said->wrong[0] == '\0' ? (void)snprintf(said->wrong, sizeof said->wrong, __VA_ARGS__) : (void)0)
#define EXPECT(condition) ((condition) ? (void)0 : WRONG("this is not so: %s", #condition))

static void expect_judge(char verb, const char *expected)
{
    const char *found = judge(verb, root, file);

    if (strcmp(found, expected) != 0)
        WRONG("another process finds \"%s\" and not \"%s\"", found, expected);
}

static const char *below_root(const char *path)
{
    size_t length = strlen(root);

    return path != NULL && strncmp(path, root, length) == 0 ? path + length : path != NULL ? path : "";
}

/* Puts into words what came out, and compares all the ways in which it was said. */
static void tell(const step *what, report *into)
{
    ralph_lock_metadata *previous;
    const char *prompt = ralph_lock_metadata_prompt(metadata);
    bool gives_record = what->perform != metadata_free && prompt != NULL && ralph_lock_metadata_pid(metadata) != 0;
    const char *name = status == (ralph_lock_status)-1 ? "" : ralph_lock_status_name((int32_t)status) + 11;

    snprintf(into->answer, sizeof into->answer, "%s%s", name, *name == '\0' ? detail + 1 : detail);
    if (gives_record && *name != '\0')
        snprintf(strchr(into->answer, '\0'), 20, " %.*s", first_word(prompt), prompt);
    if (guard != NULL && ralph_lock_guard_previous(guard, &previous, NULL) == RALPH_LOCK_OK) {
        snprintf(strchr(into->answer, '\0'), 20, " after %.8s", ralph_lock_metadata_prompt(previous));
        ralph_lock_metadata_free(previous);
    }
    if (*name == '\0' || status == RALPH_LOCK_OK)
        return;
    /* These two have no error object to give. */
    if (what->perform == release || what->perform == cancel_trigger)
        into->os_code = code;
    else
        into->os_code = ralph_lock_error_os_code(error);
    if (into->os_code != 0)
        snprintf(strchr(into->answer, '\0'), 20, " %s", strerrorname_np(into->os_code));
    if (error == NULL)
        return;
    snprintf(into->about, sizeof into->about, "%s", below_root(ralph_lock_error_path(error)));
    EXPECT(ralph_lock_error_status(error) == status);
    EXPECT(into->os_code == 0 || into->os_code == code);
    EXPECT(*ralph_lock_error_message(error) != '\0');
    EXPECT(guard == NULL);
}

/* Who is told to have the lock has it, seen from elsewhere, until it gives it up. */
static void check_and_give_back(void)
{
    struct stat found;

    if (guard != NULL) {
        EXPECT(ralph_lock_guard_verify(guard, NULL) == RALPH_LOCK_OK);
        expect_judge('t', "ALREADY_LOCKED step");
        EXPECT(ralph_lock_release(guard) == RALPH_LOCK_OK);
    }
    if (own != NULL) {
        /* The step has not ended this one. */
        if (stat(lock_file, &found) == 0)
            expect_judge('t', "ALREADY_LOCKED step");
        EXPECT(ralph_lock_release(own) == RALPH_LOCK_OK);
    }
    if (fd != -1) {
        EXPECT(fcntl(fd, F_GETFD) != -1);
        if (fd_has_lock && strncmp(judge('t', root, file), "ALREADY_LOCKED", 14) != 0)
            WRONG("the descriptor has lost its lock");
        close(fd);
    }
    ralph_lock_metadata_free(metadata);
    ralph_lock_error_free(error);
    ralph_lock_waiter_free(waiter);
    ralph_lock_options_free(options);
    if (has_thread) {
        char letter;

        /* It may be waiting still. */
        (void)(send(line[0], "-", 1, MSG_DONTWAIT) == 1);
        MUST(pthread_join(thread, NULL) == 0);
        while (recv(line[0], &letter, 1, MSG_DONTWAIT) == 1 || recv(line[1], &letter, 1, MSG_DONTWAIT) == 1)
            continue;
    }
    ralph_lock_cancel_free(cancel);
}

/* Nobody has the lock any more, nothing half done is in the file, and everybody can take it. */
static void check_free(void)
{
    const char *found;

    MUST(seteuid(0) == 0);
    found = judge('r', root, file);
    if (strcmp(found, "OK") != 0)
        WRONG("the holder's release gives %s", found);
    found = judge('e', root, file);
    if (strncmp(found, "free ", 5) != 0 || strcmp(found, "free half") == 0)
        WRONG("afterwards the lock file is %s", found);
    expect_judge('t', "OK");
    CALL(ralph_lock_try_acquire(root, "again", &guard, NULL, NULL));
    if (status != RALPH_LOCK_OK)
        WRONG("taking it again gives %s", ralph_lock_status_name((int32_t)status));
    else if (ralph_lock_read_existing(root, &metadata, NULL) == RALPH_LOCK_OK) {
        /* What could not be found out during the fault is not left out for ever. */
        EXPECT(ralph_lock_metadata_liveness(metadata) == RALPH_LOCK_LIVENESS_LIVE);
        EXPECT(ralph_lock_metadata_relation(metadata) == RALPH_LOCK_RELATION_SELF);
        ralph_lock_metadata_free(metadata);
    } else
        WRONG("the record of the one who takes it again cannot be read");
    EXPECT(ralph_lock_release(guard) == RALPH_LOCK_OK);
    found = judge('e', root, file);
    if (strcmp(found, "free blank") != 0 && strcmp(file, RALPH_LOCK_FILE) == 0)
        WRONG("at the end the lock file is %s", found);
}

static int open_descriptors(void)
{
    int count = 0, number;

    for (number = 0; number < 64; number++)
        if (fcntl(number, F_GETFD) != -1)
            count++;
    return count;
}

void run_step(const step *what, const char *folder, long failing, report *into)
{
    int pass;

    said = into;
    live_blocks = 0;
    memset(big, 'p', sizeof big - 1);
    memcpy(big, "step ", 5);
    for (pass = 0; pass < 2; pass++) {
        snprintf(root, sizeof root, "%s/%d", folder, pass);
        snprintf(lock_file, sizeof lock_file, "%s/%s", root, file = RALPH_LOCK_FILE);
        status = (ralph_lock_status)-1;
        detail[0] = '\0';
        guard = own = NULL, metadata = NULL, error = NULL, options = NULL, cancel = NULL, waiter = NULL;
        fd = -1, fd_has_lock = has_thread = false;
        what->prepare();
        errno = 0;
        allocations = 0;
        failing_allocation = pass == 0 ? failing : 0;
        syscall(MARK);
        what->perform();
        syscall(MARK);
        failing_allocation = 0;
        if (pass == 0) {
            said->allocations = allocations;
            tell(what, said);
        }
        check_and_give_back();
        check_free();
    }
    said->blocks = live_blocks;
    said->descriptors = open_descriptors();
    _exit(0);
}
