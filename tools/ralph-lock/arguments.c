#include "tool.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "text.h"

int usage_error(const char *command, const char *format, ...)
{
    char words[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    say("%s", words);
    say("try 'ralph-lock%s%s --help' for more information", *command != '\0' ? " " : "", command);
    return EXIT_USAGE;
}

int next_option(int argc, char **argv, const char *letters, const struct option *options)
{
    opterr = 0;
    return getopt_long(argc, argv, letters, options, NULL);
}

/* The option whose value getopt_long() returned, or NULL. */
static const struct option *option_of(int value, const struct option *options)
{
    for (; options->name != NULL; options++)
        if (options->val == value)
            return options;
    return NULL;
}

/* Whether the word abbreviates an option's name. An unambiguous abbreviation would have been accepted. */
static bool begins_option(const char *word, const struct option *options)
{
    size_t length = strcspn(word + 2, "=");

    for (; options->name != NULL; options++)
        if (strncmp(word + 2, options->name, length) == 0)
            return true;
    return false;
}

int option_error(const char *command, int found, char **argv, const struct option *options)
{
    const char *word = argv[optind - 1];
    const struct option *known = option_of(optopt, options);

    if (found == ':' && strncmp(word, "--", 2) != 0)
        return usage_error(command, "option requires an argument -- '%c'", optopt);
    if (found == ':')
        return usage_error(command, "option '--%s' requires an argument", known != NULL ? known->name : word + 2);
    if (known != NULL && known->has_arg == no_argument && strcmp(known->name, "wait") == 0)
        return usage_error(command, "option '--wait' doesn't allow an argument; to limit the wait, use --timeout");
    if (known != NULL)
        return usage_error(command, "option '--%s' doesn't allow an argument", known->name);
    if (optopt != 0)
        return usage_error(command, "invalid option -- '%c'", optopt);
    if (begins_option(word, options))
        return usage_error(command, "option '%s' is ambiguous", word);
    return usage_error(command, "unrecognized option '%s'", word);
}

bool take_directory(const char *command, const char **directory, const char *argument)
{
    if (*directory != NULL) {
        usage_error(command, "extra operand '%s'", argument);
        return false;
    }
    *directory = argument;
    return true;
}

bool take_directories(const char *command, const char **directory, int argc, char **argv)
{
    for (int i = optind; i < argc; i++)
        if (!take_directory(command, directory, argv[i]))
            return false;
    return true;
}

bool parse_seconds(const char *text, double *seconds)
{
    char *end;

    *seconds = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*seconds) && *seconds >= 0;
}
