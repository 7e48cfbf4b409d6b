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

#include "text.h"

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
    /* Otherwise characters without a width would have no limit. */
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

/* Characters that are invisible or reorder a line: controls, writing directions, zero widths, fillers, variation
 * selectors, tags. The library escapes the same ones. */
static bool is_invisible(wchar_t character)
{
    static const wchar_t ranges[][2] = {
        {0, 0x1f},          {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
        {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
        {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x206f},   {0x2800, 0x2800},   {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
        {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1345f},
        {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (character >= ranges[i][0] && character <= ranges[i][1])
            return true;
    return false;
}

/* Adds a character as \n or \u{1b}, and an invalid byte as \xff. */
static void put_escaped(line *out, bool is_character, unsigned long value)
{
    char shown[16];
    int length;

    if (is_character && (value == '\n' || value == '\r' || value == '\t'))
        length = snprintf(shown, sizeof shown, "\\%c", value == '\n' ? 'n' : value == '\r' ? 'r' : 't');
    else
        length = snprintf(shown, sizeof shown, is_character ? "\\u{%lx}" : "\\x%02lx", value);
    put(out, shown, (size_t)length, length);
}

void line_text(line *out, const char *text)
{
    mbstate_t state = {0};
    wchar_t character;
    size_t left = strlen(text), count;

    while (left > 0 && !out->full) {
        count = mbrtowc(&character, text, left, &state);
        if (count == 0 || count > left) {
            memset(&state, 0, sizeof state);
            count = 1;
            put_escaped(out, false, (unsigned char)*text);
        } else if (is_invisible(character) || !iswprint((wint_t)character) || wcwidth(character) < 0) {
            put_escaped(out, true, (unsigned long)character);
        } else {
            put(out, text, count, wcwidth(character));
        }
        text += count;
        left -= count;
    }
}

void line_words(line *out, const char *format, ...)
{
    char words[LINE_SIZE];
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
    char words[LINE_SIZE];
    line out;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    line_begin(&out, (int)sizeof out.text);
    line_text(&out, words);
    complain(&out);
}
