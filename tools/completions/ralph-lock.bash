# Completes ralph-lock's commands, options and directories in bash.

_ralph_lock() {
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} words i
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "run status wait signal --help --version" -- "$word")
        return
    fi
    # After "--" the line belongs to another command.
    for ((i = 2; i < COMP_CWORD; i++)); do
        if [ "$command" = run ] && [ "${COMP_WORDS[i]}" = -- ]; then
            if [ $((i + 1)) -eq "$COMP_CWORD" ]; then
                mapfile -t COMPREPLY < <(compgen -c -- "$word")
            elif declare -F _command_offset >/dev/null; then
                _command_offset $((i + 1))
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
            fi
            return
        fi
    done
    case $command:${COMP_WORDS[COMP_CWORD - 1]} in
    signal:-s | signal:--signal)
        mapfile -t COMPREPLY < <(compgen -W "HUP INT QUIT KILL USR1 USR2 TERM CONT STOP" -- "$word")
        return
        ;;
    *:--file)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    run:--on-lost)
        mapfile -t COMPREPLY < <(compgen -W "warn stop" -- "$word")
        return
        ;;
    *:--prompt | *:--timeout | *:-t | *:--conflict-exit-code | *:-E) return ;;
    esac
    case $command in
    run) words="--wait --timeout --nonblock --nb --conflict-exit-code --prompt --file --nested --on-lost --or-worktree --quiet --help --" ;;
    status) words="--file --json --quiet --help" ;;
    wait) words="--file --timeout --quiet --help" ;;
    signal) words="--file --signal --quiet --help" ;;
    *) return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    esac
}

complete -o filenames -F _ralph_lock ralph-lock
