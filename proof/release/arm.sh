# shellcheck shell=sh disable=SC2154 # run sets the variables
# Programs of 64-bit ARM under qemu-user: `. proof/release/arm.sh`. A Debian for them is unpacked in $root.

root=$scratch/arm-machine
if [ ! -e "$root" ]; then
    echo "  making a machine: 64-bit ARM"
    debootstrap --arch=arm64 --foreign --variant=minbase --include=python3,libstdc++6 bookworm "$root" "$archive" \
        >"$scratch/log" 2>&1 || die "debootstrap: $(tail -n 5 "$scratch/log")"
    for package in "$root"/var/cache/apt/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
fi

# on_arm COMMAND...: runs it with qemu-user, whose programs see the files of that Debian. This machine's shell runs scripts.
on_arm() {
    rm -rf "$scratch/emulated"
    mkdir "$scratch/emulated"
    timeout --kill-after=1 900 sh proof/platforms/emulated aarch64 "$scratch/emulated" env -i "QEMU_LD_PREFIX=$root" \
        "PATH=$root/usr/local/bin:/usr/bin:/bin" "$@" </dev/null >"$scratch/said" 2>&1
}
