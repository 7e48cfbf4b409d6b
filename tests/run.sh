#!/bin/sh
# Runs every test that cargo knows, and reports at the end which were skipped and why, and the total.
#
#     tests/run.sh TARGET    for `make test`; the output is also written to TARGET/test.log

target=$1
log=$target/test.log

# Two tests per processor at a time, because half of them wait.
all() {
    failed=0
    "${CARGO:-cargo}" test --locked --no-fail-fast -- --test-threads=$((2 * $(getconf _NPROCESSORS_ONLN))) || failed=1
    if [ "$(rustc --version | cut -d . -f 2)" -ge 88 ]; then
        "${CARGO:-cargo}" test --locked --no-fail-fast --manifest-path tests/interop/Cargo.toml \
            --target-dir "$target/interop" || failed=1
    else
        echo "test tests/interop ... ignored (ralph-core, which it builds, needs Rust 1.88; this is $(rustc --version))"
    fi
    return $failed
}

# Cargo counts per program; this adds them up. A failed build counts as one failed test.
summary() {
    sed -nE 's/^test (.*[^ ]) *\.\.\. ignored( \((.*)\)|, (.*))$/\1: \3\4/p' "$log" >"$log.skipped"
    if [ -s "$log.skipped" ]; then
        printf '%s skipped:\n' "$(wc -l <"$log.skipped")"
        sed 's/^/  /' "$log.skipped"
    fi
    awk -v status="$1" -v skipped="$(wc -l <"$log.skipped")" '
        /^test result: / { passed += $4; failed += $6 }
        END { printf "total: %d passed, %d failed, %d skipped\n", passed, failed || !status ? failed : 1, skipped }' "$log"
    rm "$log.skipped"
}

{ all; echo $? >"$log.status"; } 2>&1 | tee "$log"
status=$(cat "$log.status")
rm "$log.status"
summary "$status" >"$log.summary"
cat "$log.summary"
cat "$log.summary" >>"$log"
rm "$log.summary"
exit "$status"
