/* A dead holder's record delays no acquire, and no part of it shows in the next record. */
#include "check.h"

enum { LONG = 100 * 1024 };

static char *root, *file;

/* Checks that the next holder's file contains its record and white space; after the release, white space only. */
static void is_replaced(void)
{
    ralph_lock_guard *guard = acquire(root, "next");
    ralph_lock_metadata *holder;
    size_t length;
    char *text = read_file(file, &length);
    char *end = strrchr(text, '}');

    CHECK(strlen(text) == length);
    CHECK(text[0] == '{' && end != NULL);
    CHECK(strspn(end + 1, " \n") == strlen(end + 1));
    CHECK(strchr(text, 'X') == NULL);
    CHECK(strstr(text, "\"prompt\": \"next\"") != NULL);
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &holder, NULL));
    CHECK(ralph_lock_metadata_pid(holder) == (uint32_t)getpid());
    CHECK_TEXT("next", ralph_lock_metadata_prompt(holder));
    ralph_lock_metadata_free(holder);
    free(text);

    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_release(guard));
    CHECK(is_blank(file));
}

static void left_by_a_killed_holder(const char *prompt)
{
    process holder = hold(root, prompt);
    ralph_lock_metadata *left;

    kill_hard(&holder);
    CHECK(!is_locked(root));
    CHECK_STATUS(RALPH_LOCK_OK, ralph_lock_read_existing(root, &left, NULL));
    CHECK(ralph_lock_metadata_pid(left) == (uint32_t)holder.pid);
    CHECK_TEXT(prompt, ralph_lock_metadata_prompt(left));
    ralph_lock_metadata_free(left);
    is_replaced();
}

static void left_by_anybody(const char *text, size_t length)
{
    write_file(file, text, length);
    is_replaced();
}

int main(void)
{
    char *prompt = remember(malloc(LONG + 1));

    CHECK(prompt != NULL);
    memset(prompt, 'X', LONG);
    prompt[LONG] = '\0';
    root = new_workspace();
    file = lock_file_of(root);

    left_by_a_killed_holder("");
    left_by_a_killed_holder("XXXX");
    left_by_a_killed_holder("XXXX XXXX XXXX, longer than the next one");
    left_by_a_killed_holder(prompt);

    left_by_anybody(prompt, LONG);
    left_by_anybody("{\"pid\": 1, \"prompt\": \"XXXXXXXX", 30);
    left_by_anybody("\0\0\0\0X", 5);
    left_by_anybody("", 0);
    left_by_anybody("\n\n\n", 3);
    return 0;
}
