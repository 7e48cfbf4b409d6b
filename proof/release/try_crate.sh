# shellcheck shell=sh disable=SC2154,SC2016 # run sets the variables; the machine expands them
# The crate, from the file that cargo would upload.

mkdir "$scratch/crate"
tar -xzf "$out/ralph-lock-$version.crate" -C "$scratch/crate"
(cd "$scratch/crate/ralph-lock-$version" && cargo test --quiet --locked --target-dir "$TARGET/proof-release-crate") \
    >"$scratch/log" 2>&1 || die "the packed crate: $(tail -n 30 "$scratch/log")"
promise "The packed crate builds, and its tests pass" \
    "$(sed -n 's/^test result: ok. \([0-9]*\) passed.*/\1/p' "$scratch/log" | awk '{ all += $1 } END { print all }') tests, $(size "$out/ralph-lock-$version.crate")"
