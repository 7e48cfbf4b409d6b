#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

uint32_t next_character(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    /* The lowest code point of a sequence of one, two, three and four bytes. */
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t character = bytes[0];
    int more = character < 0x80 ? 0 : (character & 0xe0) == 0xc0 ? 1 : (character & 0xf0) == 0xe0 ? 2
             : (character & 0xf8) == 0xf0 ? 3 : -1;

    ++*text;
    if (more <= 0)
        return more == 0 ? character : NOT_UTF8;
    character &= 0x3fu >> more;
    for (int i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return NOT_UTF8;
        character = character << 6 | (bytes[i] & 0x3fu);
    }
    if (character < least[more] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return NOT_UTF8;
    *text += more;
    return character;
}

bool is_utf8(const char *text)
{
    while (*text != '\0')
        if (next_character(&text) == NOT_UTF8)
            return false;
    return true;
}

char *as_utf8(const char *text)
{
    static const char unknown[] = "\xef\xbf\xbd"; /* U+FFFD in UTF-8 */
    /* Each byte may become a U+FFFD. */
    char *whole = malloc(strlen(text) * (sizeof unknown - 1) + 1), *to = whole;

    if (whole == NULL)
        return NULL;
    while (*text != '\0') {
        const char *begin = text;
        bool known = next_character(&text) != NOT_UTF8;
        size_t count = known ? (size_t)(text - begin) : sizeof unknown - 1;

        memcpy(to, known ? begin : unknown, count);
        to += count;
    }
    *to = '\0';
    return whole;
}
