/*
 * A worker: one at a time works in a workspace.
 *
 *     loop WORKSPACE PROMPT
 *
 * It works until its standard input ends. Exit status 3: another process works there.
 */
#include <stdio.h>

#include <ralph_lock.h>

enum { SUCCESS = 0, FAILURE = 1, USAGE = 2, BUSY = 3 };

/* Stands for the work. */
static void work(void)
{
    while (getchar() != EOF)
        continue;
}

int main(int argc, char **argv)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;
    int result = SUCCESS;

    if (argc != 3) {
        fprintf(stderr, "usage: loop WORKSPACE PROMPT\n");
        return USAGE;
    }
    switch (ralph_lock_try_acquire(argv[1], argv[2], &guard, &holder, &error)) {
    case RALPH_LOCK_OK:
        printf("holds %s\n", ralph_lock_guard_path(guard));
        fflush(stdout);
        work();
        break;
    case RALPH_LOCK_ALREADY_LOCKED:
        if (holder != NULL)
            printf("held by  process %u\nsince    %s\nprompt   %s\n",
                   (unsigned)ralph_lock_metadata_pid(holder),
                   ralph_lock_metadata_started_rfc3339(holder),
                   ralph_lock_metadata_prompt(holder));
        else
            printf("held by  a process that left no record\n");
        result = BUSY;
        break;
    default:
        fprintf(stderr, "loop: %s\n", ralph_lock_error_message(error));
        result = FAILURE;
    }
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    if (ralph_lock_release(guard) != RALPH_LOCK_OK)
        result = FAILURE;
    return result;
}
