#!/bin/sh
# Installs with apt-get what the target needs and this machine lacks, and runs `make`.
#
#     ./make.sh demo      two processes want one workspace, and one of them crashes
#     ./make.sh test      every test
#     ./make.sh bindings  tests of the packages for other languages
#     ./make.sh deb       Debian's packages
#     ./make.sh release   what a release uploads: archives and packages for every platform
#     ./make.sh examples  the same small program in ten languages
#     ./make.sh bench     compares the library with its peers; bench-quick takes a minute
#     ./make.sh proof     what tests cannot reach: faults, storms, fuzzers, file systems, machines
#
# It uses any Rust that is new enough, and installs one only if there is none.

set -eu
cd "$(dirname "$0")"
oldest=$(sed -n 's/^rust-version = "1\.\([0-9]*\)"/\1/p' Cargo.toml)

die() {
    echo "make.sh: $*" >&2
    exit 1
}

# Whether the command or file exists.
has() {
    command -v "$1" >/dev/null 2>&1 || [ -e "$1" ]
}

# Whether a text like "cargo 1.85.1 (...)" or "1.85.1+dfsg1-1" names a Rust that is new enough.
new_enough() {
    [ "$(expr "$1" : '[^0-9]*1\.\([0-9]*\)')" -ge "$oldest" ] 2>/dev/null
}

# Whether the Rust on PATH is new enough and, if the target compiles Rust's standard library, has its source.
is_usable() {
    new_enough "$(cargo --version)" && new_enough "$(rustc --version)" &&
        { [ -z "$1" ] || [ -e "$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]; }
}

# find_rust [source]: sets `folder` to the directory of a usable Rust: empty if the one on PATH is usable, else rustup's,
# Debian's, or that of a package with a version in its name (Ubuntu).
find_rust() {
    for folder in "" "${HOME:-}/.cargo/bin" /usr/bin /usr/lib/rust-1.*/bin; do
        if (PATH=${folder:+$folder:}$PATH; is_usable "${1:-}") 2>/dev/null; then return 0; fi
    done
    return 1
}

# The package with the newest Rust: the usual one, one with a version in its name (Ubuntu), or the one that Debian updates
# for its web browsers.
rust_package() {
    newest=$(
        for package in cargo cargo-web $(apt-cache search --names-only '^cargo-1\.[0-9]+$' | cut -d ' ' -f 1); do
            version=$(LC_ALL=C apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
            if new_enough "$version"; then echo "$version $package"; fi
        done 2>/dev/null | sort -V | tail -n 1
    )
    [ -n "$newest" ] || return 1
    package=${newest#* }
    [ -z "$source" ] || package="$package $(echo "$package" | sed 's/^cargo/rust/')-src"
    echo "$package"
}

can_install() {
    has apt-get && { [ "$(id -u)" = 0 ] || { has sudo && sudo true; }; }
}

apt_get() {
    set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi 2>&1
}

missing=
need() {
    has "$1" || missing="$missing $2"
}

system=$(uname -s)
# The Makefile is one for GNU make.
make="make"
case $system in *BSD | DragonFly) make=gmake ;; esac
need $make $make
# A compiler alone is not enough: Debian packages the C library's headers separately.
echo '#include <stdio.h>' | cc -fsyntax-only -x c - 2>/dev/null || missing="$missing gcc libc6-dev"
# Cargo fetches crates over TLS.
[ -e /etc/ssl/certs/ca-certificates.crt ] || ! has apt-get || missing="$missing ca-certificates"
case " $* " in *" test "*)
    need cmake cmake
    need mandoc mandoc
    need pkg-config pkg-config
    need c++ g++
    need clang clang
    need bash bash
    need zsh zsh
    need fish fish
    need python3 python3
    if [ "$system" = Linux ]; then
        need strace strace
        need valgrind valgrind
        for tool in flock unshare setpriv; do has $tool || { missing="$missing util-linux"; break; }; done
    fi
esac
# Each part of the proof, each language's package and each example lists its needs in a file. A target with a part's name
# needs what that part lists; proof needs what any part lists.
need_all() {
    while read -r command package; do need "$command" "$package"; done <"$1"
}
needed_by() {
    for part in "$1"/*/needs; do
        case " $targets " in
        *" $1 "* | *" $(dirname "$part" | tr / -) "*)
            need_all "$part"
            ;;
        esac
    done
}
targets="$*"
case " $targets " in *" examples "*) targets="$targets bindings" ;; esac
case " $targets " in *" bench-quick "*) targets="$targets bench" ;; esac
for whole in proof bindings examples bench; do needed_by $whole; done
case " $targets " in *" deb "* | *" release "* | *" proof-release "* | *" proof "*) need_all packaging/needs ;; esac
case " $targets " in *" release "* | *" proof-release "* | *" proof "*) need_all packaging/release/needs ;; esac
# Debian packages clang's fuzzer separately.
case " $* " in *" proof "* | *" proof-fuzz "*)
    echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | clang -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null ||
        missing="$missing libclang-rt-dev"
esac
# Rust's standard library is compiled for packages, and for other processors and sanitizers.
source=
case " $targets " in *" deb "* | *" release "* | *" proof-release "* | *" proof "* | *" proof-memory "* | *" proof-platforms "*) source=source ;; esac
rust=
if ! find_rust || { [ -n "$source" ] && ! find_rust source; }; then
    rust="(Rust 1.$oldest or newer${source:+, with the source of its standard library})"
fi

if [ -n "$missing$rust" ]; then
    target="make${*:+ $*}"
    # The names above are Debian's; elsewhere most packages have the same.
    case $system in
    Darwin) from=" (xcode-select --install has the compiler; brew install, for one, most others)" ;;
    *BSD | DragonFly) from=" (pkg install, for one)" ;;
    *) from= ;;
    esac
    can_install ||
        die "\"$target\" needs more packages. Please install:$missing${rust:+ $(rust_package || echo "$rust")}$from"
    output=$(apt_get update) || true # an archive that is down may not matter
    if [ -n "$rust" ]; then
        rust=$(rust_package) || die "apt-get has no Rust 1.$oldest or newer; see https://rustup.rs $output"
    fi
    echo "Installing what \"$target\" needs:$missing${rust:+ $rust}"
    # It may remove nothing, such as an older Rust that another package needs.
    # shellcheck disable=SC2086 # two lists of words
    output=$(apt_get install --no-install-recommends --no-remove $missing $rust) ||
        die "apt-get cannot install that alongside the installed packages${rust:+ (an older Rust? see https://rustup.rs)}: $output"
fi
find_rust || die "Rust 1.$oldest or newer is still missing; see https://rustup.rs"
PATH=${folder:+$folder:}$PATH
if [ -n "$source" ]; then
    find_rust source || die "the source of Rust's standard library is still missing (rustup component add rust-src)"
    export RUST_WITH_SOURCE="${folder:-$(dirname "$(command -v rustc)")}"
fi

exec $make "$@"
