#!/bin/sh
# Runs `make`. First it installs, with apt-get, what the target needs and this machine lacks.
#
#     ./make.sh demo      two processes want one workspace, and one of them crashes
#     ./make.sh test      everything is tested
#     ./make.sh bindings  the packages for other languages are tested
#     ./make.sh deb       Debian's packages
#     ./make.sh examples  the same small program runs in ten languages
#     ./make.sh bench     the library is measured beside its peers; bench-quick takes a minute
#     ./make.sh proof     everything is tested the hard way: faults, storms, fuzzers, file systems, machines
#
# A Rust that is new enough is used wherever it came from, and then no other is installed.

set -eu
cd "$(dirname "$0")"
oldest=$(sed -n 's/^rust-version = "1\.\([0-9]*\)"/\1/p' Cargo.toml)

die() {
    echo "make.sh: $*" >&2
    exit 1
}

# Whether there is such a command, or such a file.
has() {
    command -v "$1" >/dev/null 2>&1 || [ -e "$1" ]
}

# Whether a text like "cargo 1.85.1 (...)" or "1.85.1+dfsg1-1" names a Rust that is new enough.
new_enough() {
    [ "$(expr "$1" : '[^0-9]*1\.\([0-9]*\)')" -ge "$oldest" ] 2>/dev/null
}

# Puts a new enough Rust on PATH: what is there already, rustup's, or a package with a version in
# its name (Ubuntu), which keeps its programs in a folder of their own.
find_rust() {
    for folder in "" "${HOME:-}/.cargo/bin" /usr/lib/rust-1.*/bin; do
        path=${folder:+$folder:}$PATH
        if (PATH=$path; new_enough "$(cargo --version)" && new_enough "$(rustc --version)") 2>/dev/null; then
            PATH=$path
            return 0
        fi
    done
    return 1
}

# The package with the newest Rust: the usual one, one with a version in its name (Ubuntu), or the
# one that Debian keeps fresh for its web browsers.
rust_package() {
    newest=$(
        for package in cargo cargo-web $(apt-cache search --names-only '^cargo-1\.[0-9]+$' | cut -d ' ' -f 1); do
            version=$(LC_ALL=C apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
            if new_enough "$version"; then echo "$version $package"; fi
        done 2>/dev/null | sort -V | tail -n 1
    )
    [ -n "$newest" ] && echo "${newest#* }"
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

need make make
# A compiler alone is not enough: Debian packs the C library's headers apart from it.
echo '#include <stdio.h>' | cc -fsyntax-only -x c - 2>/dev/null || missing="$missing gcc libc6-dev"
# Cargo fetches crates over TLS.
[ -e /etc/ssl/certs/ca-certificates.crt ] || ! has apt-get || missing="$missing ca-certificates"
case " $* " in *" test "*)
    need cmake cmake
    need mandoc mandoc
    need pkg-config pkg-config
    need c++ g++
    need clang clang
    need strace strace
    need python3 python3
    need go golang-go
    for tool in flock unshare setpriv; do has $tool || { missing="$missing util-linux"; break; }; done
esac
# What each part of the proof, each language's package and the examples use, they say themselves. A target with a
# part's name needs what that part says, one for all parts (proof) what any of them says.
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
case " $targets " in *" deb "*) need_all packaging/needs ;; esac
# Debian packs what clang's fuzzer is made of apart from clang.
case " $* " in *" proof "* | *" proof-fuzz "*)
    echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | clang -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null ||
        missing="$missing libclang-rt-dev"
esac
rust=
find_rust || rust="(Rust 1.$oldest or newer)"

if [ -n "$missing$rust" ]; then
    target="make${*:+ $*}"
    can_install || die "\"$target\" needs more than is here. Please install:$missing${rust:+ $(rust_package || echo "$rust")}"
    output=$(apt_get update) || true # an archive that is down need not be one that matters
    if [ -n "$rust" ]; then
        rust=$(rust_package) || die "apt-get has no Rust 1.$oldest or newer; see https://rustup.rs $output"
        # With the source of its standard library the shared library becomes half as large.
        case "$rust $*" in cargo-web*test* | cargo-web*proof*) rust="$rust rust-web-src" ;; esac
    fi
    echo "Installing what \"$target\" needs:$missing${rust:+ $rust}"
    # Nothing may be removed for it, such as an older Rust that something else needs.
    # shellcheck disable=SC2086 # two lists of words
    output=$(apt_get install --no-install-recommends --no-remove $missing $rust) ||
        die "apt-get cannot install that beside what is here${rust:+ (an older Rust? see https://rustup.rs)}: $output"
    find_rust || die "Rust 1.$oldest or newer is still missing; see https://rustup.rs"
fi

exec make "$@"
