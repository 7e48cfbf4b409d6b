#include "tool.h"

#include <stdio.h>

#include "text.h"

void print_json_text(const char *text)
{
    if (text == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    while (*text != '\0') {
        uint32_t character = next_character(&text);

        if (character == NOT_UTF8)
            character = 0xfffd;
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
