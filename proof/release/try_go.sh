# shellcheck shell=sh disable=SC2154,SC2016 # run sets the variables; the machine expands them
# The Go module, from a folder that stands for a proxy, on a machine with Go and a C compiler, but without pkg-config.

machine go bookworm golang-go,gcc,libc6-dev
cp -R "$out/go" "$root/proxy"
module=$(cd "$out/go" && find . -name @v | sed 's|^\./||; s|/@v$||')
mkdir "$root/client"
cat >"$root/client/main.go" <<END
package main

import (
	"fmt"

	"$module"
)

func main() {
	lock, err := ralphlock.TryAcquire("/tmp", "implement auth")
	if err != nil {
		fmt.Println("not locked:", err)
		return
	}
	_, err = ralphlock.TryAcquire("/tmp", "another")
	fmt.Println("refused:", err)
	lock.Release()
}
END
# shellcheck disable=SC2016 # for the machine's shell
on sh -euc '
    ! command -v pkg-config
    export HOME=/root GOPROXY=file:///proxy GOSUMDB=off GOFLAGS=-mod=mod
    cd /client
    go mod init client
    go get $0@v$1
    go build -o fetched . && ./fetched
    go mod vendor
    GOPROXY=off go build -mod=vendor -o vendored . && ./vendored' "$module" "$version" || die "Go: $(cat "$scratch/said")"
[ "$(grep -c '^refused: .*implement auth$' "$scratch/said")" = 2 ] || die "of a held lock Go says: $(cat "$scratch/said")"
promise "A Go program gets the module from a proxy, also into its vendor folder, and locks and refuses without pkg-config" \
    "$(on go version; cut -d ' ' -f 3 "$scratch/said"), Debian 12, module $(size "$out/go/$module/@v/v$version.zip")"
