/* What other users wrote must do no harm where it is shown. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* text.c */

enum { LINE_SIZE = 4096 };

/* A line of limited width. What no longer fits is cut, and "..." says so. */
typedef struct line {
    char text[LINE_SIZE];
    size_t length;
    /* Columns that are left. */
    int left;
    /* Where the text is cut for the dots. */
    size_t cut;
    bool full;
} line;

/* How wide a line is that no terminal limits. */
enum { WIDE = 500 };

/* How wide a line of that descriptor's terminal is; WIDE if it is none. */
int columns_of(int fd);
void line_begin(line *out, int columns);
/* Adds a text of unknown origin. Control characters are shown as in C, and so are characters that cannot be seen. */
void line_text(line *out, const char *text);
/* Adds the tool's own words, and short texts. */
__attribute__((format(printf, 2, 3))) void line_words(line *out, const char *format, ...);
/* Prints it to standard error under the tool's name. */
void complain(const line *out);
/* Says something on standard error. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* utf8.c */

/* Not a character. */
#define NOT_UTF8 UINT32_MAX

/* Reads one character of UTF-8 and moves on; NOT_UTF8 for a byte that begins none. */
uint32_t next_character(const char **text);
bool is_utf8(const char *text);
/* The text, with U+FFFD for each byte that is not UTF-8; the caller frees it. NULL: no memory. */
char *as_utf8(const char *text);

/* json.c */

/* Prints a JSON string, in ASCII; null for NULL. U+FFFD stands for what is not UTF-8. */
void print_json_text(const char *text);

#endif
