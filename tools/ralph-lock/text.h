/* Text from other users, made safe to show. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* text.c */

enum { LINE_SIZE = 4096 };

/* A line of limited width; longer text is cut and ends with "...". */
typedef struct line {
    char text[LINE_SIZE];
    size_t length;
    /* Remaining columns. */
    int left;
    /* Where the text is cut for the dots. */
    size_t cut;
    bool full;
} line;

/* The width of a line that no terminal limits. */
enum { WIDE = 500 };

/* The line width of the descriptor's terminal; WIDE if it is not a terminal. */
int columns_of(int fd);
void line_begin(line *out, int columns);
/* Adds a foreign text. Control and invisible characters are escaped as in C. */
void line_text(line *out, const char *text);
/* Adds the tool's own words and short texts. */
__attribute__((format(printf, 2, 3))) void line_words(line *out, const char *format, ...);
/* Prints it to standard error under the tool's name. */
void complain(const line *out);
/* Prints a message to standard error. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* utf8.c */

/* Not a character. */
#define NOT_UTF8 UINT32_MAX

/* Decodes one UTF-8 character and advances; NOT_UTF8 for an invalid byte. */
uint32_t next_character(const char **text);
bool is_utf8(const char *text);
/* The text, with U+FFFD for each byte that is not UTF-8; the caller frees it. NULL: no memory. */
char *as_utf8(const char *text);

/* json.c */

/* Prints a JSON string, in ASCII; null for NULL. Bytes that are not UTF-8 become U+FFFD. */
void print_json_text(const char *text);

#endif
