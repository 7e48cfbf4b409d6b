# What holds on each distributed file system. An engine reads this with `. proof/machines/everywhere.sh` when both
# agents are there; `engine` is its name, `version` its version.
# shellcheck shell=sh disable=SC2154 # machines.sh and the engine set them

a probe
expect "status=OK found=DISTRIBUTED" "$a" "the probe on the first machine"
b probe
expect "status=OK found=DISTRIBUTED" "$b" "the probe on the second machine"
left=$(find "$first" -name '.ralph_lock_probe*')
[ -z "$left" ] || die "the probe left $left"
promise "On $engine ralph_lock_probe_filesystem() answers DISTRIBUTED from each machine and leaves no file behind" \
    "DISTRIBUTED twice; $version"

a try
expect status=OK "$a" "the first machine takes the lock"
b try
expect "status=ALREADY_LOCKED pid=$agent_a host=first liveness=FOREIGN prompt=prompt-of-a" "$b" "the second is refused"
refused=$b
a release
expect status=OK "$a" "the first machine releases"
b try
expect status=OK "$b" "the second machine takes the lock"
a try
expect "status=ALREADY_LOCKED host=second liveness=FOREIGN prompt=prompt-of-b" "$a" "the first is refused"
promise "On $engine a refusal names the holder on the other machine, and its liveness is FOREIGN" \
    "host=$(word host "$refused") $(word liveness "$refused"), host=$(word host "$a") $(word liveness "$a")"

a wait 300
expect "status=TIMED_OUT host=second" "$a" "a wait of 300 ms"
timed=$(word us "$a")
[ "$timed" -ge 300000 ] || die "a wait of 300 ms ended after $timed us"
a poll 300
expect "status=TIMED_OUT host=second" "$a" "a waiter of 300 ms"
polled=$(word us "$a")
[ "$polled" -ge 300000 ] || die "a waiter of 300 ms ended after $polled us"
a cancel 300
expect "status=CANCELLED host=second" "$a" "a cancelled wait"
cancelled=$(word us "$a")
promise "On $engine a wait and a waiter for a holder on the other machine end at their timeout, and a token ends a wait" \
    "300 ms took $((timed / 1000)) ms, with a waiter $((polled / 1000)) ms; cancelled after 300 ms, over after $((cancelled / 1000)) ms"
b release
expect status=OK "$b" "the second machine releases"

# fuse(4) passes on the flock of files only: each machine keeps that of a directory to itself.
a try
expect status=OK "$a" "before the removal"
rm -rf "$first/.ralph"
a verify
expect status=LOST "$a" "the file was removed: the holder verifies"
# The other client may still have the removed file in its cache, for a second.
for _ in $(seq 50); do
    b try
    [ "$(word status "$b")" = IO ] || break
    sleep 0.1
done
expect status=OK "$b" "the file was removed: the other machine takes a new one"
a restore
expect status=ALREADY_LOCKED "$a" "the file was removed: the holder restores"
a release
expect status=OK "$a" "the file was removed: the holder releases"
b verify
expect status=OK "$b" "the file was removed: the new holder verifies"
b release
expect status=OK "$b" "the file was removed: the new holder releases"
promise "On $engine the directory's lock excludes no other machine: after an \`rm\` of the file the other machine takes a new one, and verify tells the first holder" \
    "RALPH_LOCK_LOST for the first holder, whose release leaves the second alone"

# How long it takes; no other process wants the lock of these pairs.
a pairs 200
expect status=OK "$a" "200 pairs"
pair=$(($(word us "$a") / 200))
for way in wait poll queue; do
    for i in 1 2 3 4 5 6 7 8 9; do
        a try
        expect status=OK "$a" "hand-off $i"
        tell_b "$way 60000"
        sleep 0.15
        a release
        expect status=OK "$a" "hand-off $i"
        hear_b
        expect status=OK "$b" "hand-off $i"
        ms $(($(word end "$a") - $(word us "$a") * 1000)) "$(word end "$b")"
        echo
        b release
        expect status=OK "$b" "hand-off $i"
    done >"$machines/$way"
done
promise "On $engine a released lock goes to a timed wait, a waiter and a wait without limit on the other machine" \
    "medians of 9: timed $(median <"$machines/wait") ms, waiter $(median <"$machines/poll") ms, queue $(median <"$machines/queue") ms; $pair us for a take and release"

# A client that shows what its cache has, and not what the file has, would be caught here.
looks=0
late=0
longest=0
# look AGENT WORDS: asks until the answer is that one, for 5 s at the most.
look() {
    began=$(now)
    tries=0
    while :; do
        if [ "$1" = a ]; then a inspect; answer=$a; else b inspect; answer=$b; fi
        tries=$((tries + 1))
        # shellcheck disable=SC2254 # it is a pattern
        case " $answer" in *" found="$2*) break ;; esac
        [ "$(($(now) - began))" -lt 5000000000 ] || die "for 5 s $1 has not seen $2, but: $answer"
    done
    looks=$((looks + 1))
    [ $tries = 1 ] || late=$((late + 1))
    took=$((($(now) - began) / 1000000))
    [ $tries = 1 ] || [ $took -le $longest ] || longest=$took
}
for i in 1 2 3 4 5 6 7 8 9 10; do
    a try
    expect status=OK "$a" "look $i"
    look b "HELD pid=$agent_a host=first"
    a release
    look b FREE
    b try
    expect status=OK "$b" "look $i"
    look a "HELD pid=[0-9]* host=second"
    b release
    look a FREE
done
promise "On $engine inspect on one machine shows what the other wrote, at once or when the client's cache expires" \
    "$((looks - late)) of $looks looks right at once, the others within $longest ms"

storm
total=0
refusals=0
for machine in first second; do
    before=$total
    for i in 1 2 3 4; do
        file=$machines/storm-$machine-$i
        case $(cat "$file") in
        *[!0-9\ ]* | "") die "the storm on $machine: $(cat "$file")" ;;
        esac
        read -r rounds refused sum <"$file"
        total=$((total + rounds))
        refusals=$((refusals + refused))
        [ "$sum" -le "${most:-0}" ] || most=$sum
    done
    [ "$total" -gt "$before" ] || die "no process on the $machine machine ever had the lock in the storm"
done
[ "$total" = "$most" ] || die "the lock was taken $total times, and $most are counted: two processes were inside at a time"
promise "On $engine processes of both machines exclude each other in a storm; each guard verifies, and no record is left over" \
    "2 x 4 processes: $total times held, 0 overlaps by two detectors, $refusals times refused or timed out"

a try
expect status=OK "$a" "before the kill"
tell_b "wait 60000"
sleep 0.2
killed=$(now)
kill_a
hear_b
expect "status=OK found=PREVIOUS host=first" "$b" "after the holder was killed"
promise "On $engine kill -9 of a holder frees the lock for the other machine, which gets the dead holder's record" \
    "held by the other $(ms "$killed" "$(word end "$b")") ms later"
b release
expect status=OK "$b" "after the holder was killed"
start_a
