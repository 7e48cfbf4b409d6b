# The words that each part of the proof is written in. `. proof/proof.sh` reads them.

set -eu
ulimit -c 0

die() {
    echo "proof of $PART: $*" >&2
    exit 1
}

# A tool that is missing is an error: what did not run has shown nothing.
while read -r command package; do
    command -v "$command" >/dev/null || die "$command is not installed: apt-get install $package (./make.sh proof does)"
done <"proof/$PART/needs"

# promise WHAT FIGURE: what has just been shown, and what was seen. One line each.
promise() {
    printf '%s\t%s\n' "${1%.}" "$2" >>"$ROWS"
    printf '  %s: %s\n' "${1%.}" "$2"
}

# A folder for what this part builds and writes, empty, and gone with it. What is mounted there is unmounted first.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ralph_lock_proof.XXXXXX")
cleanup() {
    # A second signal does not interrupt this.
    trap '' INT TERM HUP PIPE
    at_end || true
    rm -rf "$scratch"
}
# A part that has more to undo says so by a function of this name.
at_end() {
    :
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP PIPE

# gather_tests FOLDER: the programs of c-tests/, from all its topics, in one new folder.
gather_tests() {
    mkdir "$1"
    ln -s "$PWD"/c-tests/*/*.c "$1"
}
