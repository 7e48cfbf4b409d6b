# Shell functions for the parts of the proof: `. proof/proof.sh`.

set -eu
ulimit -c 0

die() {
    echo "proof of $PART: $*" >&2
    exit 1
}

# A missing tool is an error: a part that did not run shows nothing.
while read -r command package; do
    command -v "$command" >/dev/null || die "$command is not installed: apt-get install $package (./make.sh proof does)"
done <"proof/$PART/needs"

# promise WHAT FIGURE: the promise just shown, and the figures. One line each.
promise() {
    printf '%s\t%s\n' "${1%.}" "$2" >>"$ROWS"
    printf '  %s: %s\n' "${1%.}" "$2"
}

# An empty directory for this part's files, removed at its end. File systems mounted there are unmounted first.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ralph_lock_proof.XXXXXX")
cleanup() {
    # A second signal does not interrupt this.
    trap '' INT TERM HUP PIPE
    at_end || true
    rm -rf "$scratch"
}
# A part with more to undo redefines this function.
at_end() {
    :
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP PIPE

# gather_tests FOLDER: the programs of all topics of c-tests/ in one new directory.
gather_tests() {
    mkdir "$1"
    ln -s "$PWD"/c-tests/*/*.c "$1"
}
