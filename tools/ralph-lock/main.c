#include "tool.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "text.h"

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
} commands[] = {
    {"run", run_main},
    {"status", status_main},
    {"wait", wait_main},
    {"signal", signal_main},
};

int failed(ralph_lock_error *error)
{
    say("%s", ralph_lock_error_message(error));
    ralph_lock_error_free(error);
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    const char *locale;

    open_standard_descriptors();
    locale = setlocale(LC_CTYPE, "");
    /* Without a locale, prompts are still UTF-8, and so are today's terminals. */
    if (locale == NULL || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (argc < 2)
        return usage_error("", "missing command");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].main(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help("");
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("ralph-lock %s\n", ralph_lock_version());
        return finish_output(EXIT_DONE);
    }
    return usage_error("", "%s '%s'", *argv[1] == '-' ? "unrecognized option" : "unknown command", argv[1]);
}
