#!/bin/sh
# Checks that the library and its unit tests compile without a warning for platforms on which the tests do not run.
# Prints one line per target; exit status 0 if all are ok. Arguments choose targets.
#
# Needs the standard library of each target (rustup target add), or its source, which is then compiled too (rustup
# component add rust-src; Debian: rust-web-src). Nothing is linked, so no linker is needed; but for Windows the compiler
# calls dlltool (Debian: binutils-mingw-w64-x86-64).

cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || set -- \
    x86_64-unknown-linux-gnu x86_64-unknown-linux-musl i686-unknown-linux-gnu i686-unknown-linux-musl \
    aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf aarch64-apple-darwin x86_64-unknown-freebsd \
    x86_64-unknown-netbsd x86_64-unknown-openbsd x86_64-unknown-dragonfly x86_64-pc-windows-gnu

libraries=$(rustc --print sysroot)/lib/rustlib
report=$(mktemp) || exit 1
trap 'rm -f "$report"' EXIT
status=0

check() {
    # Stable cargo compiles the standard library only with RUSTC_BOOTSTRAP.
    RUSTC_BOOTSTRAP=${build_std:+1} RUSTFLAGS='-D warnings' \
        cargo check --quiet --locked --lib --target "$@" >"$report" 2>&1
}

for target; do
    build_std=
    if [ ! -e "$libraries/$target/lib" ]; then
        if [ ! -e "$libraries/src/rust/library/Cargo.lock" ]; then
            echo "$target: not checked, neither its standard library nor rust-src is installed"
            status=1
            continue
        fi
        build_std=-Zbuild-std
    fi
    # The library alone first: code that only its tests use causes a warning.
    if check "$target" $build_std && check "$target" $build_std --profile test; then
        echo "$target: ok"
    else
        echo "$target: does not compile"
        cat "$report"
        status=1
    fi
done
exit $status
