#include <stdio.h>
#include <ralph_lock.h>

int main(int argc, char **argv)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;

    if (ralph_lock_try_acquire(".", argc > 1 ? argv[1] : "", &guard, &holder, &error) == RALPH_LOCK_OK)
        printf("we hold %s and can work\n", ralph_lock_guard_path(guard));
    else if (holder != NULL)
        printf("taken by %s\n", ralph_lock_metadata_summary(holder));
    else
        printf("not locked: %s\n", ralph_lock_error_message(error));
    ralph_lock_metadata_free(holder);
    ralph_lock_error_free(error);
    return guard != NULL && ralph_lock_release(guard) == RALPH_LOCK_OK ? 0 : 1;
}
