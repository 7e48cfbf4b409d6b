# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # run sets the variables; the shell inside expands them
# A machine for 64-bit ARM, in $root: `. proof/release/arm.sh`. It is only unpacked.

root=$scratch/arm-machine
if [ ! -e "$root" ]; then
    echo "  making a machine: 64-bit ARM"
    debootstrap --arch=arm64 --foreign --variant=minbase --include=python3,libstdc++6 bookworm "$root" "$archive" \
        >"$scratch/log" 2>&1 || die "debootstrap: $(tail -n 5 "$scratch/log")"
    for package in "$root"/var/cache/apt/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
fi

# on_arm COMMAND...: runs it there, under qemu-user.
on_arm() {
    rm -rf "$scratch/emulated"
    mkdir "$scratch/emulated"
    timeout --kill-after=1 900 sh proof/platforms/emulated aarch64 "$scratch/emulated" sh -euc '
        mount --rbind /proc "$0/proc"
        mount --rbind /dev "$0/dev"
        exec chroot "$0" env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin "$@"' "$root" "$@" \
        </dev/null >"$scratch/said" 2>&1
}
