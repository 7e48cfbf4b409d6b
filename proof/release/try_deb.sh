# shellcheck shell=sh disable=SC2154,SC2016 # run sets the variables; the machine expands them
# Debian's packages, on the release they are built on and on the next one.

what="The Debian packages install and work on Debian 12 and 13"
if in_all "$what"; then
    for name in 12:bookworm 13:trixie; do
        machine "${name%:*}" "${name#*:}"
        cp "$out"/libralph-lock0_*.deb "$out"/ralph-lock_*.deb "$root/tmp/"
        on sh -c 'dpkg -i /tmp/*.deb' || die "on Debian ${name%:*}: $(cat "$scratch/said")"
        refused_there ralph-lock
    done
    promise "$what" "$(cd "$out" && echo ralph-lock_*.deb)"
fi
