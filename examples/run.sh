#!/bin/sh
# Runs the same small program in every language: it takes the lock, or names its holder. Each is started in four
# workspaces and must print exactly what is expected: a free one, one where a process works, one locked without a record,
# as by flock(1), and one that cannot be locked.
#
#     examples/run.sh INSTALLED TARGET    `make examples` runs it: INSTALLED has include/ and lib/, TARGET has
#                                         the results of `make bindings`

set -eu
installed=$(cd "$1" && pwd)
target=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$installed/lib" PKG_CONFIG_PATH="$installed/lib/pkgconfig"
export LC_ALL=C.UTF-8 # some languages read and print text by the locale

# How each program is built, if it needs to be, and started.
every_example() {
    example c      C      "$scratch/c"
    example cpp    C++    "$scratch/cpp"
    example go     Go     "$scratch/go"
    example python Python "$target/bindings-python/venv/bin/python" "$here/python/minimal.py"
    example node   Node   node "$target/bindings-node/user/minimal.mjs"
    example ruby   Ruby   ruby "$here/ruby/minimal.rb"
    example luajit LuaJIT luajit "$here/luajit/minimal.lua"
    example perl   Perl   perl "$here/perl/minimal.pl"
    example php    PHP    php "$here/php/minimal.php"
    example java   Java   java -cp /usr/share/java/jna.jar "$here/java/Minimal.java"
}
build_c() { compile cc -std=c99 "$here/c/minimal.c" -o "$scratch/c"; }
build_cpp() { compile c++ -std=c++17 "$here/cpp/minimal.cpp" -o "$scratch/cpp"; }
build_go() { sh "$here/go_build.sh" "$here/go" "$target" "$scratch/go"; }
# Node looks for a package next to the file that imports it.
build_node() { cp "$here/node/minimal.mjs" "$target/bindings-node/user"; }
compile() { "$@" -I "$installed/include" -L "$installed/lib" -lralph_lock; }

# No process and no file stays behind.
scratch=$(mktemp -d)
holder=
trap '[ -z "$holder" ] || kill -9 "$holder"; rm -rf "$scratch"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The workspaces.
mkdir "$scratch/free" "$scratch/held" "$scratch/silent" "$scratch/silent/.ralph" "$scratch/impossible"
prompt='implement "auth" für C:\new, 100%d'
compile cc -std=c99 "$here/c/loop.c" -o "$scratch/loop"
mkfifo "$scratch/input" "$scratch/output"
exec 8<>"$scratch/input" # so that it ends only with this script
"$scratch/loop" "$scratch/held" "$prompt" <"$scratch/input" >"$scratch/output" 8>&- &
holder=$!
read -r _ <"$scratch/output" || { echo "examples: loop did not get the lock" >&2; exit 1; }
exec 9<>"$scratch/silent/.ralph/loop.lock"
flock 9
: >"$scratch/impossible/.ralph" # a file in the directory's place

# The expected output. For the last two C provides it: the library's message after "not locked: ".
since=$(sed -n 's/^ *"started": "\(.*\)\..*Z",$/\1Z/p' "$scratch/held/.ralph/loop.lock")
echo "we hold ./.ralph/loop.lock and can work" >"$scratch/free.expected"
printf 'taken by process %d since %s: %s\n' "$holder" "$since" "$prompt" >"$scratch/held.expected"

# Starts a program in a workspace, and compares its output and exit status.
check() {
    workspace=$1
    shift
    printed=$scratch/$workspace.printed
    expected=$scratch/$workspace.expected
    expected_status=1
    [ "$workspace" != free ] || expected_status=0

    status=0
    (cd "$scratch/$workspace" && exec timeout --foreground 60 "$@" "fix the tests") </dev/null 8>&- 9>&- \
        >"$printed" 2>"$scratch/complaints" || status=$?
    [ "$folder" != c ] || [ -e "$expected" ] || sed -n '/^not locked: ./p' "$printed" >"$expected"
    if [ "$status" != $expected_status ] || ! cmp -s "$printed" "$expected"; then
        printf '%-8s in the workspace "%s" ends with status %d and prints:\n' "$language" "$workspace" "$status"
        cat "$printed" "$scratch/complaints"
        printf '%-8s must end with status %d and print:\n' "" "$expected_status"
        cat "$expected"
        return 1
    fi
}

# A release blanks the record in the file.
check_released() {
    if grep -q '[^[:space:]]' "$scratch/free/.ralph/loop.lock"; then
        printf '%-8s has ended without ralph_lock_release()\n' "$language"
        return 1
    fi
}

build() {
    if command -v "build_$folder" >/dev/null && ! "build_$folder"; then
        printf '%-8s cannot be built\n' "$language"
        return 1
    fi
}

# The first program that an example needs and that is missing.
missing() {
    while read -r thing _; do
        command -v "$thing" >/dev/null || [ -e "$thing" ] || { echo "$thing"; return; }
    done <"$here/$folder/needs"
}

failed=
example() {
    folder=$1
    language=$2
    shift 2
    missing=$(missing)
    if [ -n "$missing" ]; then
        printf '%-8s left out: %s is not installed\n' "$language" "$missing"
        [ "${CI:-}" != true ] || failed="$failed $language"
    elif build && check free "$@" && check_released && check held "$@" && check silent "$@" && check impossible "$@"; then
        printf '%-8s %s | %s\n' "$language" "$(cat "$scratch/free.printed")" "$(cat "$scratch/held.printed")"
    else
        failed="$failed $language"
    fi
}
every_example

exec 8>&- # ends the loop's work
wait "$holder"
holder=
if [ -n "$failed" ]; then
    echo "examples: failed:$failed" >&2
    exit 1
fi
