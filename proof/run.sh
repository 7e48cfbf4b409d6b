#!/bin/sh
# Runs the named parts of the proof, or all of them, and records what they showed.
#
#     proof/run.sh LIB TARGET [PART...]
#
# LIB is the directory with the built library, TARGET cargo's target directory. A part is a directory next to this file
# with a program `run` and a list `needs` of its commands and their Debian packages. It runs with proof.sh's functions in
# the repository's root, and calls `promise` for what it has shown; the first broken promise fails the whole part.

set -eu
cd "$(dirname "$0")/.."
LIB=$(realpath "$1")
TARGET=$(realpath "$2")
shift 2
PAGE=docs/generated/proof.md
# The results of each part, until its next run.
shown=$TARGET/proof
all=$(for run in proof/*/run; do basename "$(dirname "$run")"; done)
parts=${*:-$all}
[ "$parts" != "$all" ] || rm -rf "$shown"
mkdir -p "$shown"
export LIB TARGET CC="${CC:-cc}"

# Two lanes, because some parts mostly wait. Parts that run the programs of c-tests/ share a lane: some programs use up a
# user's resources, which others need at that moment. The faults are in it because both lanes then take equally long. The
# storms take three times as long alongside another part, so they come last.
first=
second=
last=
for part in $parts; do
    case $part in
    memory | platforms | fresh | faults) first="$first $part" ;;
    stress) last=$part ;;
    *) second="$second $part" ;;
    esac
done
for lane in "$first" "$second"; do
    [ -z "$lane" ] || echo "$shown $lane"
done | xargs -r -P 2 -L 1 sh proof/lane
[ -z "$last" ] || sh proof/lane "$shown" "$last"

passed=0
failed=0
for part in $parts; do
    if [ -e "$shown/$part" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done

# The page covers all parts.
missing=$(for part in $all; do [ -e "$shown/$part" ] || echo "$part"; done)
if [ -z "$missing" ]; then
    {
        cat proof/page.md
        for part in $all; do
            printf '\n## %s\n\n| what is promised | shown by | seen |\n|---|---|---|\n' "$(cat "proof/$part/title")"
            sed "s/\t/ | \`make proof-$part\` | /; s/^/| /; s/\$/ |/" "$shown/$part"
        done
    } >"$shown/page.new"
    # The figures differ between runs; the promises do not, unless they were changed.
    # shellcheck disable=SC2016 # the quotes are the page's
    promises() { sed -n 's/^\(| .* | `.*`\) | .*/\1/p' "$1"; }
    promises "$PAGE" >"$shown/before.new" 2>/dev/null || true
    promises "$shown/page.new" >"$shown/after.new"
    if [ "${CI:-}" = true ] && ! diff "$shown/before.new" "$shown/after.new"; then
        echo "$PAGE lists different promises than this run has shown: run \`make proof\` and commit it."
        failed=$((failed + 1))
    else
        cp "$shown/page.new" "$PAGE"
    fi
    rm -f "$shown"/*.new
fi
printf '\nproof: %s passed, %s failed\n' $passed $failed
[ $failed = 0 ]
