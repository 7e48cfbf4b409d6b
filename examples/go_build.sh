#!/bin/sh
# Builds a program in Go: of the user's settings for Go nothing counts, and nothing is downloaded.
#
#     examples/go_build.sh FOLDER TARGET PROGRAM    what Go keeps for the next time is in TARGET

set -eu
cd "$1"
exec env CGO_ENABLED=1 GO111MODULE=on GOENV=off GOFLAGS= GOWORK=off GOPROXY=off GOTOOLCHAIN=local \
    GOPATH="$2/bindings-go/path" GOCACHE="$2/bindings-go/cache" go build -buildvcs=false -o "$3" .
