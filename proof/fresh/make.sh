# Makes clean machines and runs commands on them: `. proof/fresh/make.sh`, after proof/proof.sh. A machine is in $root.
# shellcheck shell=sh disable=SC2034,SC2154 # the part sets $root and reads $took

# archive_of LABEL: the address from which apt takes that archive here.
archive_of() {
    # shellcheck disable=SC2016 # apt fills that in
    apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' | sed -n "s/ $1\$//p" | head -n 1
}
archive=$(archive_of Debian)
[ -n "$archive" ] || die "apt has no archive of Debian on this machine"
updates=$(archive_of Debian-Security)

# new RELEASE [PACKAGES]: makes a machine in $root, with the settings by which this machine reaches packages and crates.
new() {
    rm -rf "$root"
    debootstrap --variant=minbase ${2:+--include="$2"} "$1" "$root" "$archive" >"$scratch/log" 2>&1 ||
        die "debootstrap: $(tail -n 5 "$scratch/log")"
    {
        echo "deb $archive $1 main"
        [ -z "$updates" ] || echo "deb $updates $1-security main"
    } >"$root/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(https?::|Check-)' >"$root/etc/apt/apt.conf.d/99here" || true
    for file in /etc/resolv.conf /etc/hosts /usr/local/share/ca-certificates/*.crt; do
        [ ! -e "$file" ] || install -D -m 644 "$file" "$root$file"
    done
    file=${CARGO_HOME:-$HOME/.cargo}/config.toml
    [ ! -e "$file" ] || install -D -m 600 "$file" "$root/root/.cargo/config.toml"
}

# on COMMAND...: runs it on the machine; how long it takes is in `took` afterwards.
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
settings=$(env | grep -iE '^([a-z]*_proxy|CARGO_(HTTP|NET|SOURCE|REGISTRIES)_[A-Z_]*)=' || true)
on() {
    began=$(date +%s)
    status=0
    # shellcheck disable=SC2086 # a word for each setting
    timeout --kill-after=1 3000 unshare --mount --pid --fork --kill-child \
        sh proof/fresh/machine "$root" env -i "PATH=$path" $settings "$@" </dev/null >"$scratch/said" 2>&1 || status=$?
    took=$(($(date +%s) - began))
    return $status
}
