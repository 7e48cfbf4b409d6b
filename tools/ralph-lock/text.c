#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static const char DOTS[] = "...";

int columns_of(int fd)
{
    struct winsize size;

    if (!isatty(fd))
        return WIDE;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void line_begin(line *out, int columns)
{
    *out = (line){.left = columns};
}

/* Adds one character, however many bytes it has. */
static void put(line *out, const char *bytes, size_t count, int width)
{
    const int dots = (int)sizeof DOTS - 1;

    if (out->full)
        return;
    /* Characters without a width could go on for ever. */
    if (width > out->left || out->length + count + sizeof DOTS > sizeof out->text) {
        strcpy(out->text + out->cut, DOTS);
        out->length = out->cut + sizeof DOTS - 1;
        out->full = true;
        return;
    }
    memcpy(out->text + out->length, bytes, count);
    out->length += count;
    out->text[out->length] = '\0';
    out->left -= width;
    if (out->left >= dots)
        out->cut = out->length;
}

/* Columns that a character takes; -1 if it is not to be shown. */
static int width_of(wchar_t character)
{
    /* Characters that turn the direction of the text make a line read otherwise than it is. */
    if ((character >= 0x200e && character <= 0x200f) || (character >= 0x202a && character <= 0x202e) ||
        (character >= 0x2066 && character <= 0x2069))
        return -1;
    /* It makes some terminals show the character before it wider. */
    if (character == 0xfe0f)
        return 1;
    return iswprint((wint_t)character) ? wcwidth(character) : -1;
}

static void put_escaped(line *out, unsigned char byte)
{
    static const char letters[] = "\a\b\t\n\v\f\r";
    const char *letter = byte != 0 ? strchr(letters, byte) : NULL;
    char shown[8];
    int length;

    if (letter != NULL)
        length = snprintf(shown, sizeof shown, "\\%c", "abtnvfr"[letter - letters]);
    else
        length = snprintf(shown, sizeof shown, "\\x%02x", (unsigned)byte);
    put(out, shown, (size_t)length, length);
}

void line_text(line *out, const char *text)
{
    mbstate_t state = {0};
    wchar_t character;
    size_t left = strlen(text), count;
    int width;

    while (left > 0 && !out->full) {
        count = mbrtowc(&character, text, left, &state);
        if (count == 0 || count > left) {
            memset(&state, 0, sizeof state);
            count = 1;
            width = -1;
        } else {
            width = width_of(character);
        }
        if (width >= 0)
            put(out, text, count, width);
        else
            for (size_t i = 0; i < count; i++)
                put_escaped(out, (unsigned char)text[i]);
        text += count;
        left -= count;
    }
}

void line_words(line *out, const char *format, ...)
{
    char words[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    line_text(out, words);
}

void complain(const line *out)
{
    fprintf(stderr, "ralph-lock: %s\n", out->text);
}

void say(const char *format, ...)
{
    char words[1024];
    line out;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    line_begin(&out, (int)sizeof out.text);
    line_text(&out, words);
    complain(&out);
}

/* Reads one character of UTF-8 and moves on. U+FFFD stands for a byte that begins none. */
static uint32_t next_character(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    /* The least that a sequence of one, two, three and four bytes may mean. */
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t character = bytes[0];
    int more = character < 0x80 ? 0 : (character & 0xe0) == 0xc0 ? 1 : (character & 0xf0) == 0xe0 ? 2
             : (character & 0xf8) == 0xf0 ? 3 : -1;

    ++*text;
    if (more <= 0)
        return more == 0 ? character : 0xfffd;
    character &= 0x3fu >> more;
    for (int i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0xfffd;
        character = character << 6 | (bytes[i] & 0x3fu);
    }
    if (character < least[more] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return 0xfffd;
    *text += more;
    return character;
}

void print_json_text(const char *text)
{
    if (text == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    while (*text != '\0') {
        uint32_t character = next_character(&text);

        if (character == '"' || character == '\\')
            printf("\\%c", (char)character);
        else if (character >= 0x20 && character < 0x7f)
            putchar((int)character);
        else if (character < 0x10000)
            printf("\\u%04x", (unsigned)character);
        else
            printf("\\u%04x\\u%04x", (unsigned)(0xd7c0 + (character >> 10)), (unsigned)(0xdc00 | (character & 0x3ff)));
    }
    putchar('"');
}

char *joined(char *const *words)
{
    static const char unknown[] = "\xef\xbf\xbd"; /* U+FFFD in UTF-8 */
    size_t size = 1, length = 0;
    char *text;

    /* Each byte may become a U+FFFD. */
    for (size_t i = 0; words[i] != NULL; i++)
        size += 1 + strlen(words[i]) * (sizeof unknown - 1);
    text = malloc(size);
    if (text == NULL)
        return NULL;
    for (size_t i = 0; words[i] != NULL; i++) {
        const char *from = words[i];

        if (i > 0)
            text[length++] = ' ';
        while (*from != '\0') {
            const char *begin = from;
            bool known = next_character(&from) != 0xfffd;
            const char *bytes = known ? begin : unknown;
            size_t count = known ? (size_t)(from - begin) : sizeof unknown - 1;

            memcpy(text + length, bytes, count);
            length += count;
        }
    }
    text[length] = '\0';
    return text;
}
