/* A prompt that is not UTF-8, or too long to be read back, is RALPH_LOCK_INVALID_ARGUMENT; no file is created. */
#include "check.h"

static void check_refused(const char *root, const char *prompt)
{
    ralph_lock_guard *guard;
    ralph_lock_error *error;

    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_try_acquire(root, prompt, &guard, NULL, &error));
    CHECK(guard == NULL);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_error_status(error));
    CHECK(strstr(ralph_lock_error_message(error), "prompt") != NULL);
    CHECK(strlen(ralph_lock_error_message(error)) < 200);
    ralph_lock_error_free(error);
    CHECK_STATUS(RALPH_LOCK_INVALID_ARGUMENT, ralph_lock_acquire_blocking(root, prompt, &guard, NULL));
    CHECK(guard == NULL);
}

int main(void)
{
    static const char *const not_utf8[] = {
        "\x80",             /* a continuation byte alone */
        "text \xbf",        /* the same, later */
        "\xc3",             /* sequences of 2, 3 and 4 bytes that end too early */
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xf0\x9f\x98 ",
        "\xc0\x80",         /* overlong forms of NUL, '/' and U+07FF */
        "\xc0\xaf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",     /* both halves of a surrogate pair */
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf8\x88\x80\x80\x80",
        "\xff",
        "\xfe\xff",
        "na\xefve",         /* Latin-1 */
    };
    char *root = new_workspace();
    size_t limit = (size_t)16 << 20;
    char *text = remember(malloc(limit + 2));
    size_t i;

    CHECK(text != NULL);
    for (i = 0; i < sizeof not_utf8 / sizeof *not_utf8; i++)
        check_refused(root, not_utf8[i]);

    memset(text, 'x', limit + 1);
    text[limit + 1] = '\0';
    check_refused(root, text);
    /* In JSON a line break takes two bytes and any other control character six. */
    memset(text, '\n', limit);
    text[limit] = '\0';
    check_refused(root, text);
    memset(text, '\x01', limit / 4);
    text[limit / 4] = '\0';
    check_refused(root, text);

    /* No file was created. */
    CHECK(rmdir(root) == 0);
    return 0;
}
