/* The situation before a step: the lock file, the lock's holder, and the step's handles. */
#ifndef PREPARE_H
#define PREPARE_H

#include "state.h"

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

/* Makes the judge execute the command of that letter on the lock file. */
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

/* From now on as a user that may only read the lock file. */
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

static void fd_and_other_holder(void)
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

static void held_without_limit(void)
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

/* The record of the parent process, written on its behalf. */
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

#endif
