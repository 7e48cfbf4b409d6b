/* tests/syscalls.rs runs this under strace: syscalls STEP ROOT. */
#include "../c-tests/check.h"

static const char *root;

static void report(const char *what, ralph_lock_status status, ralph_lock_error *error,
                   const ralph_lock_metadata *holder)
{
    int code = errno;

    CHECK(ralph_lock_error_status(error) == status);
    if (ralph_lock_error_os_code(error) != 0)
        CHECK(ralph_lock_error_os_code(error) == code);
    printf("%s %s %d", what, ralph_lock_status_name((int32_t)status), (int)ralph_lock_error_os_code(error));
    if (holder != NULL)
        printf(" %s", ralph_lock_metadata_prompt(holder));
    printf("\n");
    ralph_lock_error_free(error);
}

typedef enum approach { BY_TRYING, BY_WAITING, BY_ADOPTING } approach;

static ralph_lock_status take(approach how, ralph_lock_guard **guard, ralph_lock_metadata **holder, ralph_lock_error **error)
{
    ralph_lock_status status;
    int fd;

    if (how == BY_TRYING)
        return ralph_lock_try_acquire(root, "traced", guard, holder, error);
    if (how == BY_WAITING)
        return ralph_lock_acquire_blocking(root, "traced", guard, error);
    /* A descriptor without a lock. */
    fd = open(lock_file_of(root), O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0);
    status = ralph_lock_adopt_fd(root, "traced", NULL, fd, guard, error);
    if (status != RALPH_LOCK_OK)
        close(fd);
    return status;
}

/* Takes and releases the lock, reporting each step, and then a second time, which must work. */
static void use_lock(approach how)
{
    int descriptors = open_descriptors();
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder = NULL;
    ralph_lock_error *error;
    ralph_lock_status status;

    status = take(how, &guard, &holder, &error);
    report("acquire", status, error, holder);
    ralph_lock_metadata_free(holder);
    if (guard != NULL) {
        status = ralph_lock_guard_verify(guard, &error);
        report("verify", status, error, NULL);
        printf("release %s\n", ralph_lock_status_name((int32_t)ralph_lock_release(guard)));
    }
    CHECK(open_descriptors() == descriptors);
    printf("again %s\n", ralph_lock_status_name((int32_t)try_only(root)));
    CHECK(open_descriptors() == descriptors);
}

static void ask(void)
{
    int descriptors = open_descriptors();
    ralph_lock_error *error;
    bool locked;
    ralph_lock_status status = ralph_lock_is_locked(root, &locked, &error);

    report(locked ? "locked" : "free", status, error, NULL);
    CHECK(open_descriptors() == descriptors);
}

static void read_record(void)
{
    int descriptors = open_descriptors();
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_read_existing(root, &holder, &error);

    report("read", status, error, holder);
    ralph_lock_metadata_free(holder);
    CHECK(open_descriptors() == descriptors);
}

/* Ends while holding the lock, as a crash does. */
static void die(approach how)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder = NULL;
    ralph_lock_error *error;
    ralph_lock_status status = take(how, &guard, &holder, &error);

    report("acquire", status, error, NULL);
    fflush(NULL);
    _exit(0);
}

static void kill_holder(void)
{
    ralph_lock_error *error;
    ralph_lock_status status = ralph_lock_signal_holder(root, SIGKILL, &error);

    report("kill", status, error, NULL);
}

static void acquire_and_release(void)
{
    try_only(root);
}

static void read_quietly(void)
{
    ralph_lock_metadata *holder;

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &holder, NULL));
    ralph_lock_metadata_free(holder);
}

/* Runs a step between two marker calls: for the first time, or for the second. */
static void marked(void (*step)(void), int time)
{
    if (time == 2)
        step();
    /* malloc's first system calls do not belong to the step. */
    free(malloc(1));
    getppid();
    step();
    getppid();
}

int main(int count, char **arguments)
{
    CHECK(count == 3);
    root = arguments[2];
    if (strcmp(arguments[1], "try") == 0)
        use_lock(BY_TRYING);
    else if (strcmp(arguments[1], "wait") == 0)
        use_lock(BY_WAITING);
    else if (strcmp(arguments[1], "adopt") == 0)
        use_lock(BY_ADOPTING);
    else if (strcmp(arguments[1], "ask") == 0)
        ask();
    else if (strcmp(arguments[1], "read") == 0)
        read_record();
    else if (strcmp(arguments[1], "die") == 0)
        die(BY_TRYING);
    else if (strcmp(arguments[1], "adopt-and-die") == 0)
        die(BY_ADOPTING);
    else if (strcmp(arguments[1], "kill") == 0)
        kill_holder();
    else if (strcmp(arguments[1], "count-pair") == 0)
        marked(acquire_and_release, 2);
    else if (strcmp(arguments[1], "count-refused") == 0)
        acquire(root, "holder"), marked(acquire_and_release, 2);
    else if (strcmp(arguments[1], "count-read") == 0)
        acquire(root, "holder"), marked(read_quietly, 2);
    else if (strcmp(arguments[1], "count-first-read") == 0)
        marked(read_quietly, 1);
    else
        fail(__FILE__, __LINE__, "no such step: %s", arguments[1]);
    return 0;
}
