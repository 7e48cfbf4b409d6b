#!/bin/sh
# Runs the second block of every section of docs/adopting.md, "after", in an empty workspace. Whatever a block leaves
# to its reader, like work(), is put around it here. Rust's block is run by `cargo test`, as all of its examples are.
#
#     examples/adopting.sh INSTALLED TARGET    `make examples` runs it

set -eu
installed=$(cd "$1" && pwd)
target=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
page=$here/../docs/adopting.md
export LD_LIBRARY_PATH="$installed/lib" PKG_CONFIG_PATH="$installed/lib/pkgconfig" PATH="$installed/bin:$PATH"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# after HEADING: the second block of that section.
after() {
    awk -v heading="## $1" '
        /^## / { there = ($0 == heading); blocks = 0 }
        there && /^```/ { inside = !inside; blocks += inside; next }
        there && inside && blocks == 2' "$page"
}

# run HEADING COMMAND...: in an empty workspace, in which ./work is a program.
run() {
    heading=$1
    shift
    workspace=$scratch/workspace
    rm -rf "$workspace"
    mkdir "$workspace"
    printf '#!/bin/sh\necho work >>worked\n' >"$workspace/work"
    chmod +x "$workspace/work"
    if ! (cd "$workspace" && exec timeout 60 "$@" </dev/null) || [ "$(cat "$workspace/worked")" != work ]; then
        echo "adopting: \"after\" in the section \"$heading\" of docs/adopting.md does not work" >&2
        exit 1
    fi
    printf '%-20s works as docs/adopting.md shows it\n' "$heading"
}

for heading in "A pid file" "flock(1)"; do
    after "$heading" >"$scratch/after.sh"
    run "$heading" sh -eu "$scratch/after.sh"
done

heading="Python's filelock"
{
    printf 'import subprocess\ndef work():\n    subprocess.run(["./work"], check=True)\n'
    after "$heading"
} >"$scratch/after.py"
run "$heading" "$target/bindings-python/venv/bin/python" "$scratch/after.py"

heading="Node's proper-lockfile"
{
    echo "import { execFileSync } from 'node:child_process';"
    echo "const work = async () => execFileSync('./work');"
    after "$heading"
} >"$target/bindings-node/user/adopting.mjs"
run "$heading" node "$target/bindings-node/user/adopting.mjs"

heading="Go's gofrs/flock"
mkdir "$scratch/go"
sed "s|=> .*|=> $here/../bindings/go|" "$here/go/go.mod" >"$scratch/go/go.mod"
{
    printf 'package main\n\nimport (\n\t"context"\n\t"log"\n\t"os/exec"\n\n\t"ralphlock"\n)\n\n'
    printf 'func work() {\n\tif err := exec.Command("./work").Run(); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n\n'
    printf 'func main() {\n\tif err := run(context.Background()); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n\n'
    printf 'func run(ctx context.Context) error {\n'
    after "$heading"
    printf 'return nil\n}\n'
} >"$scratch/go/main.go"
(cd "$scratch/go" && env CGO_ENABLED=1 GO111MODULE=on GOENV=off GOFLAGS= GOWORK=off GOPROXY=off GOTOOLCHAIN=local \
    GOPATH="$target/bindings-go/path" GOCACHE="$target/bindings-go/cache" go build -buildvcs=false -o "$scratch/after" .)
run "$heading" "$scratch/after"
