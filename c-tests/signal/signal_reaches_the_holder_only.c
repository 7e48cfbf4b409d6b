/* signal_holder signals only the process that verifiably holds the lock now; otherwise it fails with the reason and
 * signals no process. */
#include "inspecting.h"
#include "privileges.h"

/* Checks the refusal's status and that its message contains the word. */
static void check_refused(const char *root, int signal_number, ralph_lock_status expected, const char *word)
{
    ralph_lock_error *error;
    int descriptors = open_descriptors();

    CHECK_STATUS(expected, ralph_lock_signal_holder(root, signal_number, &error));
    CHECK_STATUS(expected, ralph_lock_error_status(error));
    if (strstr(ralph_lock_error_message(error), word) == NULL)
        fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", ralph_lock_error_message(error), word);
    ralph_lock_error_free(error);
    CHECK_STATUS(expected, ralph_lock_signal_holder(root, signal_number, NULL));
    CHECK(open_descriptors() == descriptors);
}

static void check_runs(pid_t pid)
{
    siginfo_t ended;

    ended.si_pid = 0;
    CHECK(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0);
}

static void say_caught(int signal_number)
{
    if (signal_number == SIGUSR1)
        say(&starter, 'c');
}

static void catching_body(void *root)
{
    signal(SIGUSR1, say_caught);
    acquire(root, "catches");
    say(&starter, 'h');
    while (hear(&starter) != 'x')
        ;
}

static void holders(char *root)
{
    process holder = start(catching_body, root);
    int status;

    CHECK(hear(&holder) == 'h');
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, 0, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, SIGUSR1, NULL));
    CHECK(hear(&holder) == 'c');
    check_refused(root, -1, RALPH_LOCK_INVALID_ARGUMENT, "-1 is not a signal number");
    check_refused(root, 65, RALPH_LOCK_INVALID_ARGUMENT, "65 is not a signal number");
    check_refused(root, 100000, RALPH_LOCK_INVALID_ARGUMENT, "is not a signal number");
    check_runs(holder.pid);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, SIGTERM, NULL));
    status = reap(&holder);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    check_refused(root, SIGTERM, RALPH_LOCK_NOT_FOUND, "no process holds");
    CHECK(try_only(root) == RALPH_LOCK_OK);
}

static int caught;

static void count(int signal_number)
{
    caught += signal_number == SIGUSR2;
}

static void myself(const char *root)
{
    ralph_lock_guard *guard = acquire(root, "myself");

    CHECK(signal(SIGUSR2, count) != SIG_ERR);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, SIGUSR2, NULL));
    CHECK(caught == 1);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    check_refused(root, SIGUSR2, RALPH_LOCK_NOT_FOUND, "no process holds");
    CHECK(caught == 1);
}

static void idle_body(void *unused)
{
    (void)unused;
    hear(&starter);
}

/* A live process is on record, and the lock is held. */
static void check_doubt(const char *root, const char *record, ralph_lock_status expected, const char *word)
{
    process holder;

    write_file(lock_file_of(root), record, strlen(record));
    check_refused(root, SIGKILL, RALPH_LOCK_NOT_FOUND, "no process holds");
    holder = hold_plainly(root, LOCK_EX);
    check_refused(root, SIGKILL, expected, word);
    check_runs(holder.pid);
    dismiss(&holder);
}

/* The record with the value after a word replaced, digit by digit or letter by letter. */
static char *altered(const char *record, const char *key)
{
    char *copy = path_of("%s", record);
    char *place = strstr(copy, key);

    CHECK(place != NULL);
    place += strlen(key);
    *place = *place == '1' ? '2' : '1';
    return copy;
}

/* ralph-core's record of the process that holds the lock: a pid alone does not identify it. */
static void check_its_own_doubt(const char *root)
{
    process holder = hold_plainly(root, LOCK_EX);
    char *record = path_of("{\"pid\":%d,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"core\"}", (int)holder.pid);

    write_file(lock_file_of(root), record, strlen(record));
    check_refused(root, SIGKILL, RALPH_LOCK_NOT_LIVE, "cannot be told apart");
    check_runs(holder.pid);
    dismiss(&holder);
}

static void doubts(const char *root)
{
    process innocent = hold(root, "innocent");
    char *record = read_file(lock_file_of(root), NULL);

    /* It has the lock, and the pid of an earlier holder that is still on record. */
    write_file(lock_file_of(root), altered(record, "\"start_time\":"), strlen(record));
    check_refused(root, SIGKILL, RALPH_LOCK_NOT_LIVE, "another process has its pid");
    write_file(lock_file_of(root), record, strlen(record));
    say(&innocent, 'r');
    CHECK(hear(&innocent) == 'r');
    check_refused(root, SIGKILL, RALPH_LOCK_NOT_FOUND, "no process holds");

    check_doubt(root, "", RALPH_LOCK_PARSE, "no record");
    check_doubt(root, "no record", RALPH_LOCK_PARSE, "no record");
    check_doubt(root, altered(record, "\"start_time\":"), RALPH_LOCK_PARSE, "no record");
    check_doubt(root, altered(record, "\"boot_id\":\""), RALPH_LOCK_NOT_LIVE, "another host, boot or pid namespace");
    /* The host name does not decide: the process on record runs, and has released the lock. */
    check_doubt(root, altered(record, "\"host\":\""), RALPH_LOCK_NOT_LIVE, "does not hold it");
    check_doubt(root, record, RALPH_LOCK_NOT_LIVE, "does not hold it");
    check_doubt(root, altered(record, "\"time_ns\":"), RALPH_LOCK_NOT_LIVE, "cannot be told apart");
    check_doubt(root, altered(record, "\"pid_ns\":"), RALPH_LOCK_NOT_LIVE, "another host, boot or pid namespace");
    /* As ralph-core writes it. */
    check_doubt(root, path_of("{\"pid\":%d,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"core\"}", (int)innocent.pid),
                RALPH_LOCK_PARSE, "no record");
    check_doubt(root, "{\"pid\":0,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"all\"}", RALPH_LOCK_PARSE,
                "no record");
    check_doubt(root, "{\"pid\":4294967295,\"started\":\"2026-01-01T00:00:00Z\",\"prompt\":\"all\"}", RALPH_LOCK_PARSE,
                "no record");
    check_its_own_doubt(root);
    check_runs(innocent.pid);
    dismiss(&innocent);
    CHECK(try_only(root) == RALPH_LOCK_OK);
}

/* A dead holder whose pid another process has now, and whose child keeps the lock. */
static void recycled(void *argument)
{
    const char *root = argument;
    kept lock = keep(root, "recycled");
    process innocent;

    until_next_tick();
    if (!choose_next_pid(lock.dead))
        exit(77);
    innocent = start(idle_body, NULL);
    CHECK(innocent.pid == lock.dead);
    check_refused(root, SIGKILL, RALPH_LOCK_NOT_LIVE, "another process has its pid");
    check_runs(innocent.pid);
    check_state(root, RALPH_LOCK_STATE_HELD, "recycled");
    end_keeper(&lock);
    check_refused(root, SIGKILL, RALPH_LOCK_NOT_FOUND, "no process holds");
    check_runs(innocent.pid);
    dismiss(&innocent);
}

static void elsewhere_body(void *root)
{
    process holder;

    if (unshare(CLONE_NEWPID) == -1) {
        say(&starter, 's');
        hear(&starter);
        return;
    }
    holder = hold(root, "elsewhere");
    say(&starter, 'h');
    hear(&starter);
    check_runs(holder.pid);
    dismiss(&holder);
}

/* A holder in a pid namespace, seen from outside. */
static void elsewhere(char *root)
{
    process outer = start(elsewhere_body, root);

    if (hear(&outer) == 'h')
        CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_signal_holder(root, SIGCONT, NULL));
    dismiss(&outer);
}

static void not_permitted(void *unused)
{
    ralph_lock_error *error;

    (void)unused;
    errno = 0;
    CHECK_STATUS(RALPH_LOCK_IO, ralph_lock_signal_holder(".", SIGKILL, &error));
    CHECK(errno == EPERM && ralph_lock_error_os_code(error) == EPERM);
    CHECK_TEXT("./" RALPH_LOCK_FILE, ralph_lock_error_path(error));
    CHECK(strstr(ralph_lock_error_message(error), " belongs to another user, ") != NULL);
    /* The mode of the lock file is not the reason. */
    CHECK(strstr(ralph_lock_error_message(error), "chmod") == NULL);
    ralph_lock_error_free(error);
}

static void other_user(const char *root)
{
    process holder;

    if (geteuid() != 0) {
        printf("not tested with another user's process\n");
        return;
    }
    CHECK(chdir(root) == 0 && chmod(".", 0755) == 0);
    holder = hold(".", "root's");
    CHECK(chmod(".ralph", 0755) == 0 && chmod(RALPH_LOCK_FILE, 0644) == 0);
    run_unprivileged(not_permitted, NULL);
    check_runs(holder.pid);
    dismiss(&holder);
}

int main(void)
{
    char *root = new_workspace();
    ralph_lock_error *error;

    check_refused(root, SIGKILL, RALPH_LOCK_NOT_FOUND, "no process holds");
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_signal_holder(NULL, SIGUSR1, &error));
    CHECK_TEXT("workspace_root is NULL", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    holders(root);
    myself(root);
    doubts(root);
    other_user(new_workspace());
    CHECK(chdir("..") == 0);
    elsewhere(new_workspace());
    if (!run_in_pid_namespace(recycled, root))
        printf("not tested in a pid namespace, which this user cannot make\n");
    return 0;
}
