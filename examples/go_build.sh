#!/bin/sh
# Builds a Go program, ignoring the user's Go settings and without downloads.
#
#     examples/go_build.sh FOLDER TARGET PROGRAM    Go's caches are in TARGET

set -eu
cd "$1"
exec env CGO_ENABLED=1 GO111MODULE=on GOENV=off GOFLAGS= GOWORK=off GOPROXY=off GOTOOLCHAIN=local \
    GOPATH="$2/bindings-go/path" GOCACHE="$2/bindings-go/cache" go build -buildvcs=false -o "$3" .
