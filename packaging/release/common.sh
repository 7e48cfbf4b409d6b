# The parts that all scripts of a release share: `. packaging/release/common.sh`, in the repository's root. TARGET is the
# folder for build results, target by default.
# shellcheck shell=sh disable=SC2034 # the variables are for the scripts that read this

set -eu
umask 022
export LC_ALL=C TZ=UTC
TARGET=$(realpath -m "${TARGET:-target}")
tools=$(sh packaging/release/tools "$TARGET")
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
DESCRIPTION=$(sed -n 's/^description = "\(.*\)"/\1/p' Cargo.toml)
# The time of every file in every artefact: that of the last commit, or of the newest source where there is no git.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
fi
export SOURCE_DATE_EPOCH

die() {
    echo "release: $*" >&2
    exit 1
}

case $PWD$TARGET in *" "*) die "no folder may have a space in its name: $PWD, $TARGET" ;; esac

# A Rust with the source of its standard library: make.sh's, the one on PATH, or Debian's.
for rust in "${RUST_WITH_SOURCE:-}" "" /usr/bin; do
    PATH=$tools:${rust:+$rust:}$PATH
    sysroot=$(rustc --print sysroot 2>/dev/null) || continue
    std=$sysroot/lib/rustlib/src/rust/library
    [ ! -e "$std/Cargo.lock" ] || break
done
[ -e "$std/Cargo.lock" ] || die "Rust's standard library has no source here; ./make.sh release installs it"
export PATH

# The binaries contain no path of this machine: a crate's is /crates/NAME-VERSION, wherever cargo has it. The standard
# library is compiled too: without the code that prints backtraces it is half as large.
export RUSTC_BOOTSTRAP=1 RUSTC_WRAPPER="$PWD/packaging/release/rustc"
remap="--remap-path-prefix=$PWD=/ralph_lock --remap-path-prefix=$TARGET=/target"
remap="$remap --remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rust --remap-path-prefix=$PWD/vendor=/crates"
cargo fetch --quiet --locked
for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    remap="$remap --remap-path-prefix=$folder=/crates"
done
build_std="-Zbuild-std=std,panic_unwind -Zbuild-std-features=panic-unwind"

# The platforms that a release is for. TRIPLES names some of them.
all_triples="x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-unknown-linux-musl aarch64-unknown-linux-musl"

# The extensions for Python and Node contain the library without its C functions. Cargo names that library's files as it
# does those of the one with them, so they are built in a folder of their own.
extensions=$TARGET/release-extensions

# rust_target TRIPLE: its name for cargo-zigbuild, which includes the oldest glibc that the result runs with.
rust_target() {
    case $1 in *-gnu) echo "$1.2.17" ;; *) echo "$1" ;; esac
}

# rust_flags TRIPLE: for RUSTFLAGS. A shared library for musl must link musl's own.
rust_flags() {
    case $1 in *-musl) echo "$remap -C target-feature=-crt-static" ;; *) echo "$remap" ;; esac
}

# extension_flags TRIPLE: the same for an extension of Python or Node. It links glibc's own unwinder, libgcc_s, which glibc calls
# for pthread_exit(3), as Python does for a thread that still waits when the interpreter ends. zig links another one into each
# library, and a part of one does not understand what a part of the other has found. The linker needs only a library with the same
# names.
extension_flags() {
    case $1 in *-musl) rust_flags "$1" && return ;; esac
    names="Backtrace DeleteException FindEnclosingFunction GetCFA GetDataRelBase GetIP GetIPInfo GetLanguageSpecificData
        GetRegionStart GetTextRelBase RaiseException Resume SetGR SetIP"
    stub=$TARGET/release-work/unwinder/$1
    mkdir -p "$stub"
    for name in $names; do
        echo "void _Unwind_$name(void) {}"
    done >"$stub/unwinder.c"
    zig cc -target "${1%%-*}-linux-gnu.2.17" -shared -nostdlib -Wl,-soname,libgcc_s.so.1 \
        -o "$stub/libgcc_s.so.1" "$stub/unwinder.c"
    echo "$(rust_flags "$1") -C link-arg=$stub/libgcc_s.so.1"
}

# artefact PLATFORM: the name with which the platform's files begin.
artefact() {
    echo "ralph-lock-$VERSION-$(echo "$1" | sed 's/-unknown//')"
}

# relocatable WORK NAME TRIPLE [musl]: installs what is built in WORK/lib and WORK/bin as the folder WORK/root/NAME, which
# works wherever it is moved, with the licences. With `musl`, musl's licence is among them.
relocatable() {
    env VERSION="$VERSION" DESCRIPTION="$DESCRIPTION" MAJOR="${VERSION%%.*}" LIB="$1/lib" BIN="$1/bin" \
        MANUAL="$TARGET/man3" DESTDIR="$1/root" PREFIX="/$2" sh packaging/install install
    # shellcheck disable=SC2016 # pkg-config fills ${pcfiledir} in
    sed -i 's|^prefix=.*|prefix=${pcfiledir}/../..|' "$1/root/$2/lib/pkgconfig/ralph_lock.pc"
    # shellcheck disable=SC2086 # an argument or none
    python3 packaging/release/licences Cargo.toml "$3" "$tools" ${4:-} >"$1/root/$2/share/doc/ralph_lock/LICENSES.txt"
    documents "$1/root/$2/share/doc/ralph_lock"
}

# documents FOLDER: what README.md says to read, with the examples of programs that call the C functions. A link to a file
# that only the sources have becomes its text.
documents() {
    cp -R --parents SECURITY.md CHANGELOG.md docs/adopting.md docs/behaviour.md docs/distributed.md \
        examples/c examples/cpp examples/java examples/luajit examples/perl examples/php examples/ruby "$1"
    rm "$1"/examples/*/needs
    sed 's#\[\([^]]*\)\](\(bindings\|include\|docs/generated\|CONTRIBUTING\)[^)]*)#\1#g' README.md >"$1/README.md"
}

# archive PARENT NAME OUT: the folder PARENT/NAME as OUT/NAME.tar.gz, with the same bytes for the same files.
archive() {
    tar -C "$1" --sort=name --format=ustar --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --mode=u=rwX,go=rX -cf - "$2" | gzip -9 --no-name >"$3/$2.tar.gz"
}
