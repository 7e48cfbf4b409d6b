"""The time from a release, or the holder's death, until a waiter has the lock, and the cost of waiting.

The processes that hold and wait are those of ours/handoff.c and peers/*_waits.*; this one only tells them when.
All kinds take turns, round by round, so that whatever else the machine does hits all of them alike; the targets
are ratios between kinds of one run.
"""

import ctypes
import functools
import os
import random
import select
import sys
import time

import lines
import programs
from handoff import ANY_CORES, ONE_CORE, TWO_CORES, Worker, move, new_root
from page import table

# How long a holder keeps the lock, in seconds: long enough for a waiter to be asleep. Where waiters
# poll it varies by more than their period, so that it ends anywhere in it.
HOLD = (0.008, 0.012)
HOLD_FROM_POLLERS = (0.010, 0.070)
# Just long enough for it: the waiter's core has not forgotten its program yet.
BRIEF_HOLD = (0.0005, 0.0008)

# Peers take part in every third round only; their medians are far enough away.
PEERS_EVERY = 3
CROWD = 100
CPU_WAIT = 2.0

# How a holder ends, in this order. The process that replaces a killed one then waits for the first time, and has to
# load everything; the other two ends find a warm waiter.
FIRST, RELEASE, KILL = ENDS = ("first", "release", "kill -9")

# Only the library's look once a second ends a wait after so long, in microseconds.
BACK_STOP = 900_000


class Kind:
    """Processes that use one lock in one way. One of them has it, the others wait.

    With `cores`, the first holder is on the one and the first waiter on the other; this process is where the holder is
    then, so that the waiter's core is idle. Left alone, the kernel puts a waiter now here and now there, which makes a
    difference of several times: the median would tell which came more often."""

    def __init__(self, name, program, folder, waiters=1, watch=None, ends=ENDS, hold=HOLD, every=1, cores=ANY_CORES):
        self.name, self.ends, self.hold, self.every = name, ends, hold, every
        root = new_root(folder)
        self.program = [*program, root]
        self.latencies = {end: [] for end in ends}
        self.cpu = []
        self.holder = Worker(self.program, cores[0])
        self.holder.tell("a")
        self.holder.answer()
        self.waiters = [Worker(self.program, cores[1]) for _ in range(waiters)]
        for waiter in self.waiters:
            waiter.tell("a")
        self.watchers = [Worker([*watch, root]) for _ in range(CROWD if watch else 0)]

    def hand_on(self, end):
        """The holder releases the lock, and a waiter gets it. Returns the time between the two and the CPU
        time of the wait."""
        move(0, self.holder.core)
        self.holder.tell("k" if end == KILL else "r")
        winner = self.first()
        moment, cpu = winner.answer()
        let_go, _ = self.holder.answer()
        self.waiters.remove(winner)
        if end == KILL:
            self.holder.end()
            self.holder = Worker(self.program, self.holder.core)
        self.holder.tell("a")
        self.waiters.append(self.holder)
        self.holder = winner
        return moment - let_go, cpu

    def first(self):
        """The waiter that has the lock."""
        poll = select.poll()
        by_descriptor = {waiter.process.stdout.fileno(): waiter for waiter in self.waiters}
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        return by_descriptor[poll.poll()[0][0]]

    def measure(self):
        for end in self.ends:
            time.sleep(random.uniform(*self.hold))
            self.latencies[end].append(self.hand_on(end)[0])

    def end(self):
        for worker in [self.holder, *self.waiters, *self.watchers]:
            worker.end()


class Drain:
    """A crowd waits for one lock, and each that has it passes it on at once."""

    def __init__(self, name, program, folder):
        self.name = name
        root = new_root(folder)
        self.gaps = []
        self.every = 1
        self.holder, *self.crowd = [Worker([*program, root]) for _ in range(CROWD + 1)]

    def measure(self):
        self.holder.tell("a")
        self.holder.answer()
        for worker in self.crowd:
            worker.tell("p")
        time.sleep(0.1)
        self.holder.tell("r")
        moments = sorted(worker.answer()[0] for worker in self.crowd)
        self.holder.answer()
        self.gaps += [after - before for before, after in zip(moments, moments[1:])]

    def end(self):
        for worker in [self.holder, *self.crowd]:
            worker.end()


def measure_cpu(kinds, rounds):
    """All kinds at the same time: CPU time is counted for each process by itself."""
    for _ in range(rounds):
        # What waits has waited since its last turn; this begins all of them again.
        for kind in kinds:
            kind.hand_on(RELEASE)
        time.sleep(CPU_WAIT)
        for kind in kinds:
            kind.cpu.append(kind.hand_on(RELEASE)[1])


def p50(values):
    return sorted(values)[len(values) // 2]


def p99(values):
    return sorted(values)[len(values) * 99 // 100]


# What is measured.


# Their names, and how they are built.
PEERS = {
    "Python filelock, polls each 50 ms": lambda build: [
        build.python(), os.path.join(programs.PEERS, "filelock_waits.py")],
    "Go gofrs/flock, retries each 10 ms": lambda build: build.go("gofrs_waits"),
    "Qt QLockFile": lambda build: build.qt("qlockfile_waits"),
}

FLOCK = "flock(2), nothing else"
RECORD = "flock(2) and the record, in C"
BLOCKING = "ralph_lock_acquire_blocking"
WITH = "ralph_lock_acquire_with"
FLOCK_WATCHED = f"flock(2), {CROWD} processes watch the file"
BRIEF = ", held for less than a millisecond"
# What else the same programs are measured under, and how.
CONDITIONS = {", on one core": {"cores": ONE_CORE}, BRIEF: {"cores": TWO_CORES, "hold": BRIEF_HOLD}}
WATCHED = f"{WITH}, {CROWD} watch"
FLOCK_CROWDED = f"flock(2), {CROWD} more wait"
CROWDED = f"{WITH}, {CROWD} more wait"


def await_inotify():
    """Waits for free inotify instances: without them the library polls, which is not measured here. A user has 128,
    unless the system's settings allow more, and other programs use some of them."""
    libc = ctypes.CDLL(None, use_errno=True)
    for _ in range(60):
        instances = [libc.inotify_init1(os.O_CLOEXEC) for _ in range(CROWD + 10)]
        free = -1 not in instances
        for instance in instances:
            if instance != -1:
                os.close(instance)
        if free:
            return
        time.sleep(1)
    sys.exit(f"too few inotify instances: {CROWD + 10} of /proc/sys/fs/inotify/max_user_instances must be free")


def stage(rounds, makers):
    """Some kinds take turns."""
    await_inotify()
    kinds = [make() for make in makers]
    time.sleep(0.1)
    for number in range(rounds):
        for kind in kinds:
            if number % kind.every == 0:
                kind.measure()
    return kinds


def end(kinds):
    for kind in kinds:
        kind.end()
    return kinds


def measure(handoff, peers, folder, rounds, slices, drains, cpu_rounds):
    """All kinds by name, all drains, and the waits that stand in line."""
    peers, in_line = peers
    flock, blocking, deadline = ([handoff, kind] for kind in ("flock", "blocking", "with"))
    pairs = ((FLOCK, flock), (RECORD, [handoff, "record"]), (BLOCKING, blocking), (WITH, deadline))
    kinds = stage(rounds, [
        *(functools.partial(Kind, name, program, folder, cores=TWO_CORES) for name, program in pairs),
        *(functools.partial(Kind, name + condition, program, folder, ends=[RELEASE], **given)
          for condition, given in CONDITIONS.items() for name, program in pairs),
        *(functools.partial(Kind, name, program, folder, ends=[RELEASE], hold=HOLD_FROM_POLLERS, every=PEERS_EVERY)
          for name, program in peers.items())])
    measure_cpu([kind for kind in kinds if not kind.name.endswith(tuple(CONDITIONS))], cpu_rounds)
    end(kinds)
    # One crowd of watchers at a time, for inotify's sake; they take turns in slices.
    crowds = []
    for _ in range(slices):
        for name, program in ((FLOCK_WATCHED, flock), (WATCHED, deadline)):
            crowds += end(stage(rounds // slices, [
                lambda: Kind(name, program, folder, watch=[handoff, "watch"])]))
        crowds += end(stage(rounds // slices, [
            lambda: Kind(FLOCK_CROWDED, flock, folder, waiters=CROWD + 1),
            lambda: Kind(CROWDED, deadline, folder, waiters=CROWD + 1)]))
    by_name = {kind.name: kind for kind in kinds}
    for kind in crowds:
        whole = by_name.setdefault(kind.name, kind)
        if whole is not kind:
            for name, values in kind.latencies.items():
                whole.latencies[name] += values
    drained = [end(stage(drains, [functools.partial(Drain, name, program, folder)]))[0] for name, program in
               ((FLOCK, flock), (BLOCKING, blocking), (WITH, deadline))]
    quick = rounds < 100
    line = lines.measure(in_line, folder, lines.QUICK_COUNTS if quick else lines.COUNTS)
    kinds = {FLOCK: flock, BLOCKING: blocking, WITH: deadline,
             **{name: program for name, program in peers.items() if not name.startswith("Qt")}}
    rows = lines.processes(kinds, folder, lines.QUICK_PROCESSES if quick else lines.PROCESSES)
    return by_name, drained, (line, rows)


# What is said about it.


def amount(microseconds):
    return f"{microseconds:,.0f}"


def latency_tables(kinds):
    pairs = [FLOCK, RECORD, BLOCKING, WITH]
    crowds = [FLOCK_WATCHED, WATCHED, FLOCK_CROWDED, CROWDED]
    yield latency_table(kinds, RELEASE, "after a release", pairs + crowds)
    for condition in CONDITIONS:
        yield latency_table(kinds, RELEASE, "after a release", [name + condition for name in pairs])
    yield latency_table(kinds, KILL, "after kill -9", pairs + crowds)
    yield latency_table(kinds, FIRST, "after a release, a process's first wait", pairs + crowds)


def latency_table(kinds, end, title, names):
    """The first of the names is the floor of the others."""
    floor = p50(kinds[names[0]].latencies[end])
    rows = []
    for name in names:
        values = kinds[name].latencies[end]
        times = f"{p50(values) / floor:.2f}"
        rows.append([name, amount(p50(values)), times, amount(p99(values)), amount(max(values))])
    return table([f"{title}, in µs", "p50", "× flock", "p99", "longest"], rows)


def targets(kinds, drains, many):
    """Rows of: what, must be, is, met or missed."""
    rows = []

    def number(value, unit):
        return f"{value:,.2f} {unit}" if value < 10 else f"{value:,.0f} {unit}"

    def floor(value, unit):
        return f" (the floor: {number(value, unit)})"

    def at_most(what, bound, value, unit, remark=""):
        met = "met" if value <= bound else "missed"
        rows.append([what, f"≤ {bound:,} {unit}", number(value, unit) + remark, met])

    def ratio(name, end, floor=FLOCK):
        return p50(kinds[name].latencies[end]) / p50(kinds[floor].latencies[end])

    brief = f" (held for less than a millisecond: {number(ratio(BLOCKING + BRIEF, RELEASE, RECORD + BRIEF), '×')})"
    for end, remark in ((RELEASE, brief), (KILL, "")):
        at_most(f"blocking, {end}: p50", 1.15, ratio(BLOCKING, end, RECORD), "× the same calls in C", remark)
    for end in (RELEASE, KILL):
        at_most(f"deadline and token, {end}: p50", 3, ratio(WITH, end), "× flock", floor(ratio(RECORD, end), "×"))
        at_most(f"deadline and token, {end}: p99", 2000, p99(kinds[WITH].latencies[end]), "µs",
                floor(p99(kinds[RECORD].latencies[end]), "µs"))
    for name, bare, others in ((WATCHED, FLOCK_WATCHED, "watchers"), (CROWDED, FLOCK_CROWDED, "more waiters")):
        for end in (RELEASE, KILL):
            at_most(f"{CROWD} {others}, {end}: p99", 5000, p99(kinds[name].latencies[end]), "µs",
                    floor(p99(kinds[bare].latencies[end]), "µs"))
    longest = [max(values) for name in (WITH, WATCHED, CROWDED) for values in kinds[name].latencies.values()]
    longest += [max(drain.gaps) for drain in drains if drain.name == WITH]
    reached = sum(value >= BACK_STOP for value in longest)
    rows.append(["waits that reach the look once a second", "0", str(reached), "missed" if reached else "met"])
    at_most(f"CPU time of a wait of {CPU_WAIT:.0f} s", 500, p50(kinds[WITH].cpu), "µs", floor(p50(kinds[RECORD].cpu), "µs"))
    for name in PEERS:
        if name not in kinds:
            rows.append([f"faster than {name}", "≥ 40 ×", "not measured", "unknown"])
            continue
        theirs = p50(kinds[name].latencies[RELEASE])
        factor = theirs / p50(kinds[WITH].latencies[RELEASE])
        best = floor(theirs / p50(kinds[RECORD].latencies[RELEASE]), "×")
        rows.append([f"faster than {name}", "≥ 40 ×", f"{factor:,.0f} ×{best}", "met" if factor >= 40 else "missed"])
    return rows + lines.targets(*many[0])


def build(builder, with_peers):
    """The program that holds and waits, the peers that can be built, and the programs with many waits."""
    peers = {}
    for name, make in PEERS.items() if with_peers else ():
        try:
            peers[name] = make(builder)
        except programs.Missing:
            pass
    return builder.ours("handoff")[0], (peers, lines.build(builder))


def curves(kinds):
    """The curves of the plot: names, and latencies after a release."""
    names = [FLOCK, RECORD, BLOCKING, WITH, *PEERS]
    return [(name, kinds[name].latencies[RELEASE]) for name in names if name in kinds]


def growth(many):
    """The curves of the plot of many waits: names, and nanoseconds by number."""
    return [(name, {count: seconds * 1e9 for count, seconds in times.items()}) for name, times in many[0][0].items()]


def section(kinds, drains, many, rounds):
    """The page's section about waiting, paragraph by paragraph."""
    ours = p50(kinds[WITH].latencies[RELEASE])
    peers = [[kind.name, amount(p50(kind.latencies[RELEASE])), amount(p99(kind.latencies[RELEASE])),
              f"{p50(kind.latencies[RELEASE]) / ours:,.0f}"] for kind in kinds.values() if kind.name in PEERS]
    return [
        f"From the moment before the holder ends or releases to the moment at which a waiter has the lock; {rounds}\n"
        "rounds. The floor is a process that is blocked in flock(2) and does nothing else; the next row is a C\n"
        "program with the system calls that put the holder on record and take it off again, and nothing\n"
        "else: a lock that names its holder cannot be faster than that. With many waiters it is the first of\n"
        "them that counts. Where it is not said otherwise the holder is on one core, and its waiter on another one,\n"
        "which is idle.",
        *latency_tables(kinds),
        f"{CROWD} waiters pass the lock on, each as soon as it has it. The time from one to the next:",
        table(["in µs", "p50", "p99", "longest"],
              [[drain.name, amount(p50(drain.gaps)), amount(p99(drain.gaps)), amount(max(drain.gaps))]
               for drain in drains]),
        "Others, after a release. Holder and waiter use the same library; where waiters poll, the release comes at a\n"
        "random moment of the period.",
        table(["in µs", "p50", "p99", "p50 ÷ ralph_lock_acquire_with"], peers) if peers else "",
        f"CPU time that a process uses while it waits for {CPU_WAIT:.0f} s:",
        table(["in µs", "median"], [[kind.name, amount(p50(kind.cpu))] for kind in kinds.values() if kind.cpu]),
        "### Many waits",
        *lines.section(*many[0], many[1]),
    ]
