/* Options, tokens and waiters that are NULL, garbage, freed or of another type are refused; live ones are left
 * alone. */
#include "check.h"

static char *root;

static void check_dead_options(ralph_lock_options *options)
{
    ralph_lock_guard *guard;
    ralph_lock_waiter *waiter;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_options_set_timeout_ms(options, 1));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_options_set_cancel(options, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_options_set_lock_file(options, "x"));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_acquire_with(root, "x", options, &guard, NULL, &error));
    CHECK(guard == NULL);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_error_status(error));
    CHECK(strstr(ralph_lock_error_message(error), "options") != NULL);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_waiter_new(root, "x", options, &waiter, NULL));
    CHECK(waiter == NULL);
    ralph_lock_options_free(options);
}

static void check_dead_token(ralph_lock_cancel *cancel)
{
    ralph_lock_options *options = timeout_of(0);

    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_cancel_trigger(cancel));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_options_set_cancel(options, cancel));
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    ralph_lock_options_free(options);
    ralph_lock_cancel_free(cancel);
}

static void check_dead_waiter(ralph_lock_waiter *waiter)
{
    ralph_lock_guard *guard;
    ralph_lock_metadata *holder;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_waiter_step(waiter, &guard, &holder, &error));
    CHECK(guard == NULL && holder == NULL);
    CHECK(strstr(ralph_lock_error_message(error), "waiter") != NULL);
    ralph_lock_error_free(error);
    CHECK(ralph_lock_waiter_fd(waiter) == -1);
    ralph_lock_waiter_free(waiter);
}

static void check_null(void)
{
    ralph_lock_waiter *waiter;
    ralph_lock_guard *guard;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_options_set_timeout_ms(NULL, 1));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_options_set_cancel(NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_options_set_lock_file(NULL, "x"));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_cancel_new(NULL, &error));
    CHECK(strstr(ralph_lock_error_message(error), "cancel") != NULL);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_cancel_trigger(NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_new(root, "x", NULL, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_new(NULL, "x", NULL, &waiter, NULL));
    CHECK(waiter == NULL);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_new(root, NULL, NULL, &waiter, NULL));
    CHECK(waiter == NULL);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_new("", "x", NULL, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_new(root, "\xff", NULL, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_step(NULL, &guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_acquire_with(root, "x", NULL, NULL, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_acquire_with(NULL, "x", NULL, &guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_acquire_with(root, NULL, NULL, &guard, NULL, NULL));
    CHECK(ralph_lock_waiter_fd(NULL) == -1);
    ralph_lock_options_free(NULL);
    ralph_lock_cancel_free(NULL);
    ralph_lock_waiter_free(NULL);
}

int main(void)
{
    ralph_lock_options *options = timeout_of(0);
    ralph_lock_cancel *cancel;
    ralph_lock_waiter *waiter;
    ralph_lock_guard *guard;
    uintptr_t number;
    int descriptors, i;

    root = new_workspace();
    CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, options));
    check_null();
    descriptors = open_descriptors();
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "live", NULL, &waiter, NULL));
    guard = acquire(new_workspace(), "live");

    for (number = 1; number < 2000; number++) {
        check_dead_options((ralph_lock_options *)number);
        check_dead_token((ralph_lock_cancel *)number);
        check_dead_waiter((ralph_lock_waiter *)number);
    }
    check_dead_options((ralph_lock_options *)root);
    check_dead_options((ralph_lock_options *)cancel);
    check_dead_options((ralph_lock_options *)waiter);
    check_dead_options((ralph_lock_options *)guard);
    check_dead_token((ralph_lock_cancel *)root);
    check_dead_token((ralph_lock_cancel *)options);
    check_dead_token((ralph_lock_cancel *)waiter);
    check_dead_token((ralph_lock_cancel *)guard);
    check_dead_waiter((ralph_lock_waiter *)root);
    check_dead_waiter((ralph_lock_waiter *)options);
    check_dead_waiter((ralph_lock_waiter *)cancel);
    check_dead_waiter((ralph_lock_waiter *)guard);
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_release((ralph_lock_guard *)waiter));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_guard_verify(guard, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));

    /* A step without a place for the lock is refused, and the wait continues. */
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_waiter_step(waiter, NULL, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, cancel));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    CHECK_STATUS(RALPH_LOCK_CANCELLED, wait_only(root, options));

    ralph_lock_options_free(options);
    ralph_lock_cancel_free(cancel);
    ralph_lock_waiter_free(waiter);
    CHECK(open_descriptors() == descriptors);
    /* Freed more than once, also with new objects created in between. */
    for (i = 0; i < 3; i++) {
        check_dead_options(options);
        check_dead_token(cancel);
        check_dead_waiter(waiter);
        CHECK_STATUS(RALPH_LOCK_OK, wait_only(root, timeout_of(0)));
    }
    return 0;
}
