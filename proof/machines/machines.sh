# Two machines, and an agent on each that does what it is told. An engine (gluster, ceph) reads this with
# `. proof/machines/machines.sh` after it has set `programs`, and mounts its file system on $first and, through
# boot_second, on $second. The file is read by the first machine, which has namespaces of its own already.
# shellcheck shell=sh disable=SC2034 # the engines use them

# shellcheck disable=SC2154 # proof.sh makes it
machines=$scratch
first=$machines/first
second=$machines/second
address=10.77.0.1
# The processes and all other mounts end with the namespaces.
at_end() {
    umount --recursive --lazy "$machines" 2>/dev/null
}

hostname first
ip link set lo up
ip address add $address/32 dev lo
mount -t tmpfs none "$machines"
mkdir "$first" "$second"
# hide FOLDER...: an empty file system there, for the files that a server keeps in places of its own.
hide() {
    for folder; do mount -t tmpfs none "$folder"; done
}
hide /run /var/log

# boot_second COMMAND...: the second machine, which runs that command to mount $second. It ends with this process.
boot_second() {
    cat /proc/sys/kernel/random/uuid >"$machines/boot_id"
    # shellcheck disable=SC2016 # the new shell expands it
    unshare --uts --pid --mount --fork --kill-child --mount-proc sh -eu -c '
        hostname second
        machines=$1
        shift
        # A machine has a boot id of its own.
        mount --bind "$machines/boot_id" /proc/sys/kernel/random/boot_id
        "$@" >>/var/log/second.log 2>&1
        : >"$machines/ready"
        while sleep 60; do :; done' sh "$machines" "$@" &
    second_machine=$!
    until [ -e "$machines/ready" ]; do
        kill -0 $second_machine 2>/dev/null || die "the second machine has ended: $(tail -n 5 /var/log/second.log)"
        sleep 0.1
    done
    on_second="nsenter --target $second_machine --uts --mount --pid=/proc/$second_machine/ns/pid_for_children"
}

# The agents: each reads its orders from one pipe and answers in another.
start_a() {
    "$programs/agent" "${1:-$first}" "prompt-of-a" <"$machines/to-a" >"$machines/from-a" &
    agent_a=$!
    exec 3>"$machines/to-a" 4<"$machines/from-a"
    read -r a <&4
}
start_b() {
    $on_second "$programs/agent" "$second" "prompt-of-b" <"$machines/to-b" >"$machines/from-b" &
    exec 5>"$machines/to-b" 6<"$machines/from-b"
    read -r b <&6
}
start_agents() {
    mkfifo "$machines/to-a" "$machines/from-a" "$machines/to-b" "$machines/from-b"
    start_a
    start_b
}
kill_a() {
    kill -9 "$agent_a"
    exec 3>&- 4<&-
    wait "$agent_a" 2>/dev/null || true
}

tell_a() { echo "$*" >&3; }
tell_b() { echo "$*" >&5; }
hear_a() { read -r a <&4 || die "the agent on the first machine has ended"; }
hear_b() { read -r b <&6 || die "the agent on the second machine has ended"; }
a() { tell_a "$*"; hear_a; }
b() { tell_b "$*"; hear_b; }

# Four processes on each machine, in all three ways, contend for 10 s. At its end each prints a line, into
# $machines/storm-MACHINE-NUMBER: its rounds, its refusals and the sum.
storm() {
    : >"$machines/go"
    for i in 1 2 3 4; do
        way=$(echo "wait queue try wait" | cut -d ' ' -f $i)
        "$programs/storm" "$first" "$machines/detector" "$machines/go" "first-$i" "$way" >"$machines/storm-first-$i" &
        $on_second "$programs/storm" "$second" "$machines/detector" "$machines/go" "second-$i-$i$i" "$way" \
            >"$machines/storm-second-$i" &
    done
    sleep 10
    rm "$machines/go"
    for file in "$machines"/storm-*; do
        for _ in $(seq 600); do
            [ -s "$file" ] && break
            sleep 0.1
        done
    done
}

# word NAME ANSWER: the value of that name.
word() { echo "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"; }

# expect "WORDS" ANSWER WHEN: each of the words is in the answer.
expect() {
    for expected in $1; do
        case " $2 " in *" $expected "*) ;; *) die "$3: expected $expected, got: $2" ;; esac
    done
}

# Milliseconds from one time in nanoseconds to another; the time; the median of the numbers on standard input.
ms() { echo "$1 $2" | awk '{ printf "%.1f", ($2 - $1) / 1e6 }'; }
now() { date +%s%N; }
median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
