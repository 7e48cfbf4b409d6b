/* A prompt is any UTF-8 text of at most 16 MiB, and a refused process reads it back byte for byte. */
#include "check.h"

static void check_comes_back(const char *root, const char *prompt)
{
    process holder = hold(root, prompt);

    check_held(root, prompt);
    kill_hard(&holder);
}

/* A text of that many bytes, repeated from a part. */
static char *repeat(const char *part, size_t length)
{
    char *text = remember(malloc(length + 1));
    size_t i;

    CHECK(text != NULL);
    CHECK(length % strlen(part) == 0);
    for (i = 0; i < length; i++)
        text[i] = part[i % strlen(part)];
    text[length] = '\0';
    return text;
}

int main(void)
{
    static const char *const prompts[] = {
        "",
        " ",
        "implement auth",
        "\"quoted\", 'quoted', \\back\\slashes\\, /slashes/, {\"pid\": 1}",
        "lines\nand\r\nlines\n\n",
        "\t\b\f\x01\x02\x1b[31m\x1f\x7f",
        /* U+00FC, U+1F600, a family joined by U+200D, U+2028, U+FEFF, U+FFFF, U+10FFFF */
        ("\xc3\xbc \xf0\x9f\x98\x80 \xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9 "
         "\xe2\x80\xa8 \xef\xbb\xbf \xef\xbf\xbf \xf4\x8f\xbf\xbf"),
        "\\u0041 \\n \\\" %s %n $(id) `id`",
    };
    char *root = new_workspace();
    size_t mebi = MANY((size_t)1 << 20);
    size_t i;

    for (i = 0; i < sizeof prompts / sizeof *prompts; i++)
        check_comes_back(root, prompts[i]);
    check_comes_back(root, repeat("x", 5000));
    check_comes_back(root, repeat("\"\n", mebi));
    check_comes_back(root, repeat("0123456789abcdef", 16 * mebi));
    check_comes_back(root, repeat("\xf0\x9f\x98\x80", 16 * mebi));
    return 0;
}
