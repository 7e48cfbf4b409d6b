# shellcheck shell=sh disable=SC2154,SC2016 # run sets the variables; the machine expands them
# The archive of each platform, unpacked in another folder than the one it was made in.

machine 11 bullseye gcc,libc6-dev,pkg-config
for libc in gnu musl; do
    mkdir "$root/moved-$libc"
    tar -xzf "$out/ralph-lock-$version-x86_64-linux-$libc.tar.gz" -C "$root/moved-$libc" --strip-components=1
    refused_there "/moved-$libc/bin/ralph-lock"
done
promise "The archive's tool is one static file: it locks and refuses on Debian 11" \
    "$(size "$root/moved-gnu/bin/ralph-lock"), archive $(size "$out/ralph-lock-$version-x86_64-linux-gnu.tar.gz")"

# Each link of its pages leads to a file in it.
for page in "$root"/moved-gnu/share/doc/ralph_lock/*.md "$root"/moved-gnu/share/doc/ralph_lock/docs/*.md; do
    for link in $(grep -o '](\([^)]*\))' "$page" | sed 's/^](//; s/[#)].*//' | grep -v '^https*:'); do
        [ -e "$(dirname "$page")/$link" ] || die "$(basename "$page") of the archive links to $link, which is not in it"
    done
done

cp examples/c/minimal.c "$root/"
on sh -euc '
    export PKG_CONFIG_PATH=/moved-gnu/lib/pkgconfig
    cc minimal.c $(pkg-config --cflags --libs ralph_lock) -o shared
    cc minimal.c $(pkg-config --cflags ralph_lock) /moved-gnu/lib/libralph_lock.a -lpthread -ldl -o static
    mkdir /there && cd /there
    LD_LIBRARY_PATH=/moved-gnu/lib ../shared
    ../static
    LD_LIBRARY_PATH=/moved-gnu/lib /moved-gnu/bin/ralph-lock run --prompt="implement auth" -- ../shared && exit 1
    ldd ../static' || die "a C program on Debian 11: $(cat "$scratch/said")"
tells "^we hold"
tells "^taken by .*implement auth"
! grep -q "libralph_lock" "$scratch/said" || die "the static program needs the shared library"
promise "C programs find the archive's libraries, shared and static, with pkg-config in the folder where it was unpacked, and run on Debian 11" \
    "glibc $(on ldd --version; sed -n '1s/.* //p' "$scratch/said")"

# A root with nothing but the tool and a static shell has no C library.
root=$scratch/nothing
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
cp "$scratch/11/moved-musl/bin/ralph-lock" "$root/bin/"
cp "$(command -v busybox)" "$root/bin/"
for command in sh env mkdir; do ln -s busybox "$root/bin/$command"; done
refused_there /bin/ralph-lock
promise "The archive's tool runs where there is no C library" "busybox"

moved=$scratch/11/moved-musl
musl-gcc -I "$moved/include" examples/c/minimal.c "$moved/lib/libralph_lock.so" -Wl,-rpath,"$moved/lib" -o "$scratch/musl"
mkdir "$scratch/workspace"
said=$(cd "$scratch/workspace" && "$scratch/musl") || die "a C program with musl: $said"
promise "The shared library for musl is loaded by musl's loader" "$(readelf -l "$scratch/musl" | sed -n 's/.*interpreter: \(.*\)]/\1/p')"

moved=$scratch/11/moved-gnu
mkdir "$scratch/cmake"
cat >"$scratch/cmake/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.13)
project(client C)
find_package(ralph_lock $version REQUIRED)
add_executable(shared $PWD/examples/c/minimal.c)
target_link_libraries(shared ralph_lock::ralph_lock)
add_executable(static $PWD/examples/c/minimal.c)
target_link_libraries(static ralph_lock::static)
END
# shellcheck disable=SC2015 # either failure ends here
cmake -S "$scratch/cmake" -B "$scratch/cmake/build" -DCMAKE_PREFIX_PATH="$moved" >"$scratch/log" 2>&1 &&
    cmake --build "$scratch/cmake/build" >>"$scratch/log" 2>&1 ||
    die "CMake: $(cat "$scratch/log")"
for program in shared static; do
    (cd "$scratch/workspace" && "$scratch/cmake/build/$program") >/dev/null || die "CMake's $program program fails"
done
promise "CMake finds both libraries of the archive" "CMake $(cmake --version | sed -n '1s/.* //p')"

what="The tool for 64-bit ARM locks and refuses"
if in_all "$what"; then
    mkdir "$scratch/arm" "$scratch/moved-arm"
    tar -xzf "$out/ralph-lock-$version-aarch64-linux-musl.tar.gz" -C "$scratch/moved-arm" --strip-components=1
    (cd "$scratch" && TOOL=$scratch/moved-arm/bin/ralph-lock \
        sh "$OLDPWD/proof/platforms/emulated" aarch64 "$scratch/arm" sh -c "$refused") >"$scratch/said" 2>&1 ||
        die "the tool for 64-bit ARM: $(cat "$scratch/said")"
    refusal_told
    promise "$what" "qemu-user"
fi
