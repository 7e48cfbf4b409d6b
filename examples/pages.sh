#!/bin/sh
# Runs the first block in each language of README.md, and the second block, "after", of every section of docs/adopting.md,
# each in an empty workspace. This script adds what a block leaves to its reader, such as work(). `cargo test` runs the
# Rust blocks.
#
#     examples/pages.sh INSTALLED TARGET    `make examples` runs it

set -eu
installed=$(cd "$1" && pwd)
target=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$installed/lib" PKG_CONFIG_PATH="$installed/lib/pkgconfig" PATH="$installed/bin:$PATH"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# after HEADING: the second block of that section of docs/adopting.md.
after() {
    awk -v heading="## $1" '
        /^## / { there = ($0 == heading); blocks = 0 }
        there && /^```/ { inside = !inside; blocks += inside; next }
        there && inside && blocks == 2' "$here/../docs/adopting.md"
}

# readme LANGUAGE: the first block in that language in README.md.
readme() {
    awk -v language="$1" '$0 == "```" language { there = 1; next } /^```/ && there { exit } there' "$here/../README.md"
}

# run WHAT COMMAND...: in an empty workspace, in which ./work succeeds once and then fails.
run() {
    what=$1
    shift
    workspace=$scratch/workspace
    rm -rf "$workspace"
    mkdir "$workspace"
    printf '#!/bin/sh\n[ ! -e worked ] && echo work >worked\n' >"$workspace/work"
    chmod +x "$workspace/work"
    if ! (cd "$workspace" && exec timeout 60 "$@" </dev/null >"$scratch/said") || [ ! -e "$workspace/worked" ]; then
        echo "examples: this block does not work: $what" >&2
        exit 1
    fi
    printf '%-32s works as it is shown\n' "$what"
}

# The blocks in each language, made into whole programs.
whole_c() {
    printf '#include <ralph_lock.h>\n#include <stdio.h>\n#include <stdlib.h>\n\n'
    printf 'static void work(void)\n{\n    if (system("./work") != 0)\n        abort();\n}\n\nint main(void)\n{\n'
    cat
    printf '}\n'
}
whole_python() {
    printf 'import subprocess\n\nimport ralph_lock\n\n\ndef work():\n    subprocess.run(["./work"], check=True)\n\n\n'
    cat
}
whole_node() {
    echo "import { execFileSync } from 'node:child_process';"
    echo "const work = async () => execFileSync('./work');"
    cat
}
whole_go() {
    printf 'package main\n\nimport (\n\t"context"\n\t"errors"\n\t"fmt"\n\t"log"\n\t"os/exec"\n\n\t"ralphlock"\n)\n\n'
    printf 'var _, _ = errors.As, fmt.Println\n\n'
    printf 'func work() {\n\tif err := exec.Command("./work").Run(); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n\n'
    printf 'func main() {\n\tif err := run(context.Background()); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n\n'
    printf 'func run(ctx context.Context) error {\n'
    cat
    printf 'return nil\n}\n'
}

run_sh() {
    cat >"$scratch/block.sh"
    run "$1" sh -eu "$scratch/block.sh"
}
run_c() {
    whole_c >"$scratch/block.c"
    cc -I "$installed/include" "$scratch/block.c" -L "$installed/lib" -lralph_lock -o "$scratch/block"
    run "$1" "$scratch/block"
}
run_python() {
    whole_python >"$scratch/block.py"
    run "$1" "$target/bindings-python/venv/bin/python" "$scratch/block.py"
}
run_node() {
    whole_node >"$target/bindings-node/user/block.mjs"
    run "$1" node "$target/bindings-node/user/block.mjs"
}
run_go() {
    mkdir -p "$scratch/go"
    sed "s|=> .*|=> $here/../bindings/go|" "$here/go/go.mod" >"$scratch/go/go.mod"
    whole_go >"$scratch/go/main.go"
    sh "$here/go_build.sh" "$scratch/go" "$target" "$scratch/block"
    run "$1" "$scratch/block"
}

for language in c go python sh; do
    readme $language | "run_$language" "README.md, $language"
done
readme js | run_node "README.md, js"
after "A pid file" | run_sh "Instead of a pid file"
after "flock(1)" | run_sh "Instead of flock(1)"
after "Python's filelock" | run_python "Instead of Python's filelock"
after "Go's gofrs/flock" | run_go "Instead of Go's gofrs/flock"
after "Node's proper-lockfile" | run_node "Instead of Node's proper-lockfile"
