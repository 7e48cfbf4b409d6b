# shellcheck shell=sh disable=SC2154,SC2016 # run sets the variables; the machine expands them
# The sources with all crates: built by another user, in another folder, with another CARGO_HOME and without a network, they
# give the bytes of the release.

other=$scratch/other
mkdir -p "$other/target" "$scratch/home"
tar -xzf "$out/ralph-lock-$version-source.tar.gz" -C "$other" --strip-components=1
# The tools come from a registry, which is not to be reached.
cp -R "$TARGET/release-tools" "$other/target/"
chown -R nobody: "$scratch/home" "$other"
chmod 755 "$scratch"

# offline COMMAND...: there, as that user, without a network.
offline() {
    (cd "$other" && unshare --net setpriv --reuid=nobody --regid=nogroup --clear-groups \
        env -u TARGET -u LIB -u CARGO -u RUSTFLAGS HOME="$scratch/home" CARGO_HOME="$scratch/home/cargo" "PATH=$path" \
        "$@") >"$scratch/log" 2>&1
}

triples=x86_64-unknown-linux-musl
[ "${RELEASE:-}" != all ] || triples="$triples x86_64-unknown-linux-gnu"
offline TRIPLES="$triples" sh packaging/release/run out tarball || die "the unpacked sources: $(tail -n 30 "$scratch/log")"
for again in "$other"/out/*.tar.gz; do
    cmp "$again" "$out/$(basename "$again")" || die "two builds of $(basename "$again") differ"
done
promise "Built from the unpacked sources by another user, in another folder, with another CARGO_HOME and without a network, the archive has the same bytes" \
    "$(basename -a "$other"/out/*.tar.gz | xargs), $(size "$out/ralph-lock-$version-source.tar.gz") of sources"

what="\`make all\` without a network gives the same library as with one"
if in_all "$what"; then
    offline RUSTFLAGS="--remap-path-prefix=$other/vendor=/crates" make all || die "make all: $(tail -n 30 "$scratch/log")"
    # shellcheck disable=SC2086 # several words
    RUSTFLAGS=$(for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do echo "--remap-path-prefix=$folder=/crates"; done) \
        PATH=$path CARGO_TARGET_DIR=$scratch/online make --silent all >"$scratch/log" 2>&1 ||
        die "make all with a network: $(tail -n 30 "$scratch/log")"
    cmp "$other/target/lib/libralph_lock.so" "$scratch/online/lib/libralph_lock.so" || die "make all differs without a network"
    promise "$what" "$(size "$scratch/online/lib/libralph_lock.so")"
fi
