# Completes ralph-lock's commands, options and directories in fish.

function __ralph_lock_before_dashes
    not contains -- -- (commandline -opc)
end

complete -c ralph-lock -f
complete -c ralph-lock -n __fish_use_subcommand -a run -d 'Run a command with the lock'
complete -c ralph-lock -n __fish_use_subcommand -a status -d 'Tell which process holds the lock'
complete -c ralph-lock -n __fish_use_subcommand -a wait -d 'Wait until the lock is free'
complete -c ralph-lock -n __fish_use_subcommand -a signal -d 'Send a signal to the process that holds the lock'
complete -c ralph-lock -n __fish_use_subcommand -s V -l version -d 'Print the version'
complete -c ralph-lock -n __ralph_lock_before_dashes -s h -l help -d 'Print a short help'

set -l seen 'not __fish_use_subcommand; and __ralph_lock_before_dashes'
complete -c ralph-lock -n "$seen" -a '(__fish_complete_directories)'
complete -c ralph-lock -n "$seen" -s q -l quiet -d 'Say less'
complete -c ralph-lock -n "$seen" -l file -r -F -d 'Another lock file'
set -l seen '__ralph_lock_before_dashes; and __fish_seen_subcommand_from'
complete -c ralph-lock -n "$seen run" -s w -l wait -d 'Wait for the lock'
complete -c ralph-lock -n "$seen run" -s t -l timeout -x -d 'Wait no longer than this many seconds'
complete -c ralph-lock -n "$seen run" -s n -l nonblock -d 'Do not wait'
complete -c ralph-lock -n "$seen run" -l nb -d 'Do not wait'
complete -c ralph-lock -n "$seen run" -s E -l conflict-exit-code -x -d 'Exit status if the lock is held'
complete -c ralph-lock -n "$seen run" -l prompt -x -d 'What other users are told'
complete -c ralph-lock -n "$seen run" -l nested -d 'Run within the lock of the loop around this'
complete -c ralph-lock -n "$seen run" -l on-lost -x -a 'warn stop' -d 'What to do if the lock is lost'
complete -c ralph-lock -n "$seen run" -l or-worktree -d 'If the lock is held, run in a new git worktree'
complete -c ralph-lock -n "$seen status" -l json -d 'As a JSON object'
complete -c ralph-lock -n "$seen wait" -s t -l timeout -x -d 'Wait no longer than this many seconds'
complete -c ralph-lock -n "$seen signal" -s s -l signal -x -a 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP' -d 'Signal to send'
# After "--" the line belongs to another command.
complete -c ralph-lock -n 'not __ralph_lock_before_dashes' -a '(__fish_complete_subcommand --fcs-skip=(math (contains -i -- -- (commandline -opc))))'
