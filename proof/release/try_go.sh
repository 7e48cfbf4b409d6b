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

# Debian's musl has no unwinder. gcc's is glibc's, and asks it for what the musl of a distribution without glibc has not.
mkdir "$scratch/unwinder"
echo "#include <stdlib.h>
int _dl_find_object(void *address, void *found) { (void)address, (void)found; abort(); }" |
    musl-gcc -c -x c - -o "$scratch/unwinder/stub.o"
ar rcs "$scratch/unwinder/libstub.a" "$scratch/unwinder/stub.o"
(cd "$root/client" && env CC=musl-gcc CGO_LDFLAGS="-L$scratch/unwinder -lgcc_eh -lstub" CGO_ENABLED=1 GOPROXY="file://$out/go" \
    GOPATH="$scratch/gopath" GOCACHE="$scratch/gocache" GOSUMDB=off GOFLAGS="-mod=mod -modcacherw" PKG_CONFIG=none GOENV=off \
    go build -tags musl -ldflags "-linkmode external -extldflags -static" -o "$scratch/with_musl" . &&
    "$scratch/with_musl") >"$scratch/said" 2>&1 || die "Go with musl: $(cat "$scratch/said")"
tells '^refused: .*implement auth$'
promise "With the tag musl the program contains musl" "$(size "$scratch/with_musl") as one static file"
