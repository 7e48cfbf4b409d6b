# shellcheck shell=sh disable=SC2086,SC2154 # run sets the variables; several words
# The wheels, where there are Python and pip and no compiler.

tools=$(sh packaging/release/tools "$TARGET")
sizes=
for wheel in "$out"/*.whl; do
    platform=$(echo "${wheel%.whl}" | sed 's/.*[-.]\(many\|musl\)/\1/')
    "$tools/auditwheel" show "$wheel" | tr '\n' ' ' | grep -q "following platform tag: \"$platform\"" ||
        die "auditwheel: $("$tools/auditwheel" show "$wheel")"
    sizes="$sizes${sizes:+, }$platform $(size "$wheel")"
done
promise "auditwheel finds each wheel consistent with the platform in its name" \
    "$sizes, sources $(size "$out/ralph_lock-$version.tar.gz")"

pip="env PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore python3 -m pip"
seen=
for name in 11:bullseye 12:bookworm; do
    machine "python${name%:*}" "${name#*:}" python3-pip,python3-venv
    mkdir "$root/wheels" "$root/w"
    cp "$out"/*.whl proof/release/lock.py bindings/python/tests/waits_to_the_end.py "$root/wheels"
    ! on sh -c 'command -v cc gcc clang cargo' || die "a compiler on Debian ${name%:*}: $(cat "$scratch/said")"
    on $pip install ralph-lock || die "pip on Debian ${name%:*}: $(cat "$scratch/said")"
    # A thread that waits when its program ends is unwound by glibc, through the module.
    on python3 /wheels/waits_to_the_end.py /w || die "the wheel on Debian ${name%:*}: $(cat "$scratch/said")"
    on python3 /wheels/lock.py /w || die "the wheel on Debian ${name%:*}: $(cat "$scratch/said")"
    tells "^$version with Python 3"
    seen="$seen${seen:+, }Debian ${name%:*}: $(cat "$scratch/said")"
done
promise "\`pip install ralph-lock\` needs no compiler; the module and the command that comes with it take the lock, refuse each other and name the holder" \
    "$seen"

# Nothing is installed but what runs commands of packages that are not.
"$tools/pip" download --quiet --dest "$root/wheels" uv==0.13.8 pipx==1.18.4 pip
on $pip install uv pipx || die "pip: $(cat "$scratch/said")"
on $pip uninstall --yes ralph-lock || die "pip: $(cat "$scratch/said")"
for runner in "uvx --offline --find-links /wheels" "env PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels pipx run --backend pip"; do
    on env HOME=/root $runner ralph-lock run /w --prompt "with no install" -- cat /w/.ralph/loop.lock ||
        die "$runner: $(cat "$scratch/said")"
    tells '"prompt": "with no install"'
done
promise "\`uvx ralph-lock run\` and \`pipx run ralph-lock run\` run a command under the lock" "uv 0.13.8, pipx 1.18.4"

what="The wheel for 64-bit ARM does the same"
if in_all "$what"; then
    . proof/release/arm.sh
    # This machine's pip chooses the wheel.
    "$tools/pip" install --quiet --no-index --find-links "$out" --only-binary :all: --platform manylinux_2_17_aarch64 \
        --target "$root/wheel" ralph-lock
    mkdir "$root/w"
    on_arm env PYTHONPATH="$root/wheel" PATH="$root/wheel/bin:/usr/bin:/bin" "$root/usr/bin/python3" proof/release/lock.py \
        "$root/w" || die "the wheel for 64-bit ARM: $(cat "$scratch/said")"
    tells "^$version with Python 3"
    promise "$what" "qemu-user, Debian 12: $(cat "$scratch/said")"
fi

promise "The Python module for musl is built" "compiled, never run: Debian has no Python on musl; the command is the other wheels'"
