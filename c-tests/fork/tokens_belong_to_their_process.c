/* In a forked child the parent's token is not a live handle; neither using nor freeing it there affects a wait. */
#include "check.h"

static char *root;
static ralph_lock_cancel *cancel;
static ralph_lock_options *options;

static void child_body(void *argument)
{
    ralph_lock_options *own = timeout_of(0);
    ralph_lock_cancel *token;
    ralph_lock_guard *guard;
    ralph_lock_error *error;

    (void)argument;
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_cancel_trigger(cancel));
    CHECK_STATUS(RALPH_LOCK_INVALID_HANDLE, ralph_lock_options_set_cancel(own, cancel));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, wait_only(root, own));
    /* Options that refer to it already. */
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_acquire_with(root, "x", options, &guard, NULL, &error));
    CHECK(guard == NULL);
    CHECK(strstr(ralph_lock_error_message(error), "forked") != NULL);
    ralph_lock_error_free(error);
    /* With a token of its own it can wait. */
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&token, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, token));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(token));
    CHECK_STATUS(RALPH_LOCK_CANCELLED, wait_only(root, options));
    ralph_lock_cancel_free(token);
    ralph_lock_cancel_free(cancel);
    ralph_lock_options_free(options);
}

int main(void)
{
    ralph_lock_waiter *waiter;
    ralph_lock_guard *guard;
    ralph_lock_metadata *rival;
    process holder, child;

    root = new_workspace();
    holder = hold(root, "busy");
    options = timeout_of(60000);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_new(&cancel, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_options_set_cancel(options, cancel));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_waiter_new(root, "waits", options, &waiter, NULL));
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    child = start(child_body, NULL);
    finish(&child);
    CHECK_STATUS(RALPH_LOCK_ALREADY_LOCKED, ralph_lock_waiter_step(waiter, &guard, NULL, NULL));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_cancel_trigger(cancel));
    CHECK_STATUS(RALPH_LOCK_CANCELLED, ralph_lock_waiter_step(waiter, &guard, &rival, NULL));
    CHECK_TEXT("busy", ralph_lock_metadata_prompt(rival));
    ralph_lock_metadata_free(rival);
    ralph_lock_waiter_free(waiter);
    ralph_lock_cancel_free(cancel);
    ralph_lock_options_free(options);
    kill_hard(&holder);
    return 0;
}
