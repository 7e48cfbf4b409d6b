/* The same options serve many calls, also in many threads at a time; waits continue when the options are freed. */
#include "check.h"
#include "threads.h"

#include <pthread.h>
#include <sys/syscall.h>

#define THREADS 8
#define ROUNDS 200

static ralph_lock_options *options;
static char *roots[THREADS];
static int line[2];

static void *wait_often(void *argument)
{
    const char *root = *(char **)argument;
    int i;

    for (i = 0; i < ROUNDS; i++)
        CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    return NULL;
}

static void *wait_once(void *argument)
{
    pid_t id = (pid_t)syscall(SYS_gettid);

    CHECK(write(line[1], &id, sizeof id) == sizeof id);
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(argument, options));
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    ralph_lock_guard *guard;
    char *root = new_workspace();
    pid_t id;
    int i;

    options = timeout_of(60000);
    for (i = 0; i < ROUNDS; i++)
        CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    for (i = 0; i < THREADS; i++) {
        roots[i] = new_workspace();
        CHECK(pthread_create(&threads[i], NULL, wait_often, &roots[i]) == 0);
    }
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);

    /* Changing and freeing options does not affect a wait that sleeps with them. */
    open_pipe(line);
    guard = acquire(root, "stays");
    CHECK(pthread_create(&threads[0], NULL, wait_once, root) == 0);
    CHECK(read(line[0], &id, sizeof id) == sizeof id);
    until_asleep(id);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_timeout_ms(options, 1));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_lock_file(options, "other"));
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    ralph_lock_options_free(options);
    until_asleep(id);
    check_held(root, "stays");
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(pthread_join(threads[0], NULL) == 0);
    return 0;
}
