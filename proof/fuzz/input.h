/* The fuzzer's bytes, read one after the other as decisions. After the last one all are zero. */
#ifndef INPUT_H
#define INPUT_H

#include "fuzz.h"

static const uint8_t *input;
static size_t input_left;

static uint8_t byte(void)
{
    if (input_left == 0)
        return 0;
    input_left--;
    return *input++;
}

/* A number below a limit. */
static size_t below(size_t limit)
{
    return byte() % limit;
}

/* The same, but half of the time zero, so that calls often share their subject. */
static size_t first_or_below(size_t limit)
{
    uint8_t choice = byte();

    return choice < 128 ? choice % limit : 0;
}

/* Mostly true: what a caller usually does. */
static bool usually(void)
{
    return byte() % 8 != 7;
}

static uint64_t word(void)
{
    uint64_t result = 0;
    int count;

    for (count = 0; count < 8; count++)
        result = result << 8 | byte();
    return result;
}

/* Texts live until the end of the run: later calls are checked against them. */
#define TEXT_ROOM 6000
static char texts[128][TEXT_ROOM];
static size_t texts_used;

/* Up to 63 bytes of the input, or many times the same byte. */
static const char *text_of_input(void)
{
    char *text = texts[texts_used++ % 128];
    uint8_t kind = byte();
    size_t length = 0;

    if (kind < 0xf0)
        for (length = 0; length < kind % 64u; length++)
            text[length] = (char)byte();
    else
        memset(text, byte(), length = 256u + 300u * (kind - 0xf0u));
    text[length] = '\0';
    return text;
}

#endif
