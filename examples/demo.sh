#!/bin/sh
# Two agents want one workspace, shown with real processes (examples/c/loop.c).
#
#     examples/demo.sh CC LIBRARIES    `make demo` runs it; LIBRARIES holds libralph_lock.so

set -eu

compiler=$1
libraries=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."

# No process and no file stays behind.
here=$(mktemp -d)
alive=
trap '[ -z "$alive" ] || kill -9 $alive; rm -rf "$here"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck disable=SC2086 # "ccache gcc" is two words
$compiler -std=c99 -I include examples/c/loop.c -o "$here/loop" \
    -L "$libraries" -Wl,-rpath,"$libraries" -lralph_lock
mkdir "$here/workspace"
mkfifo "$here/input" "$here/output"
# The write end stays open here, so that a loop's input ends only with this script.
exec 3<>"$here/input"

# Starts a loop in the background and returns when it has printed that it holds the lock.
start() {
    "$here/loop" "$here/workspace" "$1" <"$here/input" >"$here/output" 3>&- &
    alive=$!
    read -r _ <"$here/output" || { echo "demo: this loop did not get the lock" >&2; exit 1; }
}

step() {
    printf '  %-18s %s\n' "$1" "$2"
}

echo "Two agents, A and B, want the same workspace."
echo

start "implement auth"
a=$alive
step "A starts" "and gets the lock. It is process $a."

status=0
"$here/loop" "$here/workspace" "fix the tests" >"$here/refusal" </dev/null || status=$?
[ "$status" = 3 ] || { echo "demo: B was not refused" >&2; exit 1; }
step "B starts" "and is refused, but learns by which process:"
sed "s/^/$(printf '%23s' '')/" "$here/refusal"

# Some shells report a killed child, and wait returns its status, which is not a failure here.
{ kill -9 "$a" && wait "$a"; } 2>/dev/null || :
alive=
step "kill -9 $a" "A dies, with no time to clean up."

start "fix the tests"
step "B starts again" "and gets the lock at once. It is process $alive."

exec 3>&-
wait "$alive"
alive=
step "B ends" "and the lock is free for the next one."
