/* Reading the command line. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <getopt.h>
#include <stdbool.h>

/* Says what is wrong with the arguments and where the help is; gives EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const char *command, const char *format, ...);
/* The same for what getopt_long() found, whose own messages would print arguments as they are. `letters` begins with
 * a colon, perhaps after a "-". */
int next_option(int argc, char **argv, const char *letters, const struct option *options);
int option_error(const char *command, int found, char **argv, const struct option *options);
/* Remembers the one directory of a command line. */
bool take_directory(const char *command, const char **directory, const char *argument);
/* Remembers the directory among the arguments that are left after the options. */
bool take_directories(const char *command, const char **directory, int argc, char **argv);
/* Reads seconds, perhaps a decimal fraction. */
bool parse_seconds(const char *text, double *seconds);

#endif
