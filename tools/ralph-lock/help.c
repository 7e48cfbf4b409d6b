#include "tool.h"

#include <stdio.h>
#include <string.h>

static const char general_help[] =
    "Usage: ralph-lock COMMAND [OPTION]... [DIR]\n"
    "\n"
    "One program at a time holds the lock of a workspace, and every other one learns\n"
    "which program holds it, since when and doing what. DIR is the workspace. Without\n"
    "it, the workspace is $RALPH_WORKSPACE_ROOT if that contains the current\n"
    "directory, else the nearest directory at or above the current one with a git\n"
    "worktree or a held lock, else the current directory.\n"
    "\n"
    "  run [DIR] -- COMMAND...  run a command with the lock\n"
    "  status [DIR]             tell which process holds the lock\n"
    "  wait [DIR]               wait until the lock is free\n"
    "  signal [DIR]             send a signal to the process that holds the lock\n"
    "\n"
    "  -h, --help               print this help; after a command, the command's\n"
    "  -V, --version            print the version\n"
    "\n"
    "Exit status: 64 for wrong arguments, 74 for a failure; the help of\n"
    "each command lists the rest. Manual: ralph-lock(1).\n";

static const char run_help[] =
    "Usage: ralph-lock run [OPTION]... [DIR] -- COMMAND [ARGUMENT]...\n"
    "\n"
    "Run a command with the lock of a workspace. The lock is held until the command\n"
    "has ended, whatever it leaves running.\n"
    "\n"
    "  -w, --wait            if the lock is held, wait for it\n"
    "  -t, --timeout=SECONDS wait for it, but no longer than this\n"
    "  -n, --nb, --nonblock  do not wait, whatever the other options say\n"
    "  -E, --conflict-exit-code=STATUS\n"
    "                        exit with this status, not 75, if the lock is held\n"
    "      --prompt=TEXT     what the command does, for other users to read; the\n"
    "                        default is its name, without arguments, and directory\n"
    "      --file=LOCKFILE   lock this file instead of the workspace's own; a\n"
    "                        relative path starts at DIR, without DIR at the current\n"
    "                        directory\n"
    "      --nested          if this runs inside the loop that holds the lock, run\n"
    "                        the command as part of that loop\n"
    "      --on-lost=stop    if another program locks the file after a removal, or\n"
    "                        the workspace is removed, end the command with SIGTERM;\n"
    "                        the default, --on-lost=warn, only prints a message\n"
    "      --or-worktree     if the lock is held, run the command in a new git\n"
    "                        worktree, .worktrees/ID on the branch ralph/ID, with\n"
    "                        that workspace's lock. It lacks uncommitted changes, and\n"
    "                        git's hooks run. It is removed if the command leaves no\n"
    "                        commit, no change and no file, not even an ignored one\n"
    "  -q, --quiet           do not name the process that holds the lock; no warnings\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit status: the command's, or 128+N if signal N ended it. 75: not run, the lock\n"
    "is held. 74: not run, the lock cannot be taken, or git cannot make a worktree.\n"
    "64: wrong arguments. 126: the command cannot be run. 127: there is no such\n"
    "command.\n";

static const char status_help[] =
    "Usage: ralph-lock status [OPTION]... [DIR]\n"
    "\n"
    "Tell whether the lock of a workspace is free or held, by which process, since\n"
    "when and for what.\n"
    "\n"
    "      --file=LOCKFILE   ask about this file instead of the workspace's own lock\n"
    "      --json            as a JSON object, with the whole prompt\n"
    "  -q, --quiet           print nothing: the exit status is the answer\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit status: 0: free, 1: held, 64: wrong arguments, 74: a failure.\n";

static const char wait_help[] =
    "Usage: ralph-lock wait [OPTION]... [DIR]\n"
    "\n"
    "Wait until the lock of a workspace is free, and do not take it. To take it, use\n"
    "\"ralph-lock run --wait\": another program may take it before your next command.\n"
    "\n"
    "      --file=LOCKFILE   wait for this file instead of the workspace's own lock\n"
    "  -t, --timeout=SECONDS wait no longer than this\n"
    "  -q, --quiet           do not name the process that holds the lock\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit status: 0: free, 75: held until the timeout, 64: wrong arguments, 74: a\n"
    "failure.\n";

static const char signal_help[] =
    "Usage: ralph-lock signal [-s SIGNAL | -SIGNAL] [OPTION]... [DIR]\n"
    "\n"
    "Send a signal to the process that holds the lock of a workspace, and to no\n"
    "other: not to one that reuses its process id.\n"
    "\n"
    "      --file=LOCKFILE   the holder of this file, not of the workspace's own lock\n"
    "  -s, --signal=SIGNAL   a name or a number; the default is TERM. 0 sends none\n"
    "                        and only checks whether one could be sent\n"
    "  -q, --quiet           do not say that no process holds the lock\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit status: 0: sent, 1: no process holds the lock, 64: wrong arguments, 74: a\n"
    "failure, for instance because the holder is on another machine.\n";

int print_help(const char *command)
{
    static const struct {
        const char *command, *text;
    } helps[] = {
        {"", general_help},   {"run", run_help},       {"status", status_help},
        {"wait", wait_help},  {"signal", signal_help},
    };

    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++)
        if (strcmp(command, helps[i].command) == 0)
            fputs(helps[i].text, stdout);
    return finish_output(EXIT_DONE);
}
