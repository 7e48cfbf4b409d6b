/* Parsing the command line. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <getopt.h>
#include <stdbool.h>

/* Prints what is wrong with the arguments and how to get help; returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const char *command, const char *format, ...);
/* getopt_long() without its messages, which would print arguments unescaped. `letters` begins with a colon, possibly
 * after a "-". */
int next_option(int argc, char **argv, const char *letters, const struct option *options);
/* Like usage_error(), for an error that next_option() has found. */
int option_error(const char *command, int found, char **argv, const struct option *options);
/* Stores the one directory of a command line. */
bool take_directory(const char *command, const char **directory, const char *argument);
/* Stores the directory among the arguments after the options. */
bool take_directories(const char *command, const char **directory, int argc, char **argv);
/* Parses seconds, with an optional decimal fraction. */
bool parse_seconds(const char *text, double *seconds);

#endif
