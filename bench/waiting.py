#!/usr/bin/env python3
"""Measures how soon a waiter has the lock after its holder let go, and what waiting costs.

Runs as `make bench`. The processes that hold and wait are those of handoff.c and peers/; this one
only tells them when. All kinds take turns, round by round, so that whatever else the machine does
hits all of them alike; the targets are ratios between kinds of one run.
"""

import argparse
import ctypes
import functools
import os
import platform
import random
import select
import shutil
import subprocess
import sys
import tempfile
import time

BENCH = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(BENCH)
PAGE = os.path.join(PROJECT, "docs", "waiting.md")

# How long a holder keeps the lock, in seconds: long enough for a waiter to be asleep. Where waiters
# poll it varies by more than their period, so that it ends anywhere in it.
HOLD = (0.008, 0.012)
HOLD_FROM_POLLERS = (0.010, 0.070)

# Peers take part in every third round only; their medians are far enough away.
PEERS_EVERY = 3
DRAINS = 15
SLICES = 8
CROWD = 100
CPU_WAIT = 2.0
CPU_ROUNDS = 3

# How a holder ends, in this order. The process that replaces a killed one waits for the first time
# then, with all that is to be loaded; the other two times find the waiter warm.
FIRST, RELEASE, KILL = ENDS = ("first", "release", "kill -9")

# Only the library's look once a second ends a wait after so long, in microseconds.
BACK_STOP = 900_000


class Worker:
    """One process that obeys letters."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def tell(self, letter):
        self.process.stdin.write(letter.encode())

    def answer(self):
        """The moment and the CPU time, in microseconds."""
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended")
        return [int(number) / 1000 for number in line.split()]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Kind:
    """Processes that use one lock in one way. One of them has it, the others wait."""

    def __init__(self, name, program, folder, waiters=1, watch=None, ends=ENDS, hold=HOLD, every=1):
        self.name, self.ends, self.hold, self.every = name, ends, hold, every
        root = new_root(folder)
        self.program = [*program, root]
        self.latencies = {end: [] for end in ends}
        self.cpu = []
        self.holder = Worker(self.program)
        self.holder.tell("a")
        self.holder.answer()
        self.waiters = [Worker(self.program) for _ in range(waiters)]
        for waiter in self.waiters:
            waiter.tell("a")
        self.watchers = [Worker([*watch, root]) for _ in range(CROWD if watch else 0)]

    def hand_on(self, end):
        """The holder lets go, the first waiter has the lock. Gives the time between the two and the CPU
        time of the wait."""
        self.holder.tell("k" if end == KILL else "r")
        winner = self.first()
        moment, cpu = winner.answer()
        let_go, _ = self.holder.answer()
        self.waiters.remove(winner)
        if end == KILL:
            self.holder.end()
            self.holder = Worker(self.program)
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


def new_root(folder):
    root = tempfile.mkdtemp(dir=folder)
    os.mkdir(os.path.join(root, ".ralph"))
    return root


def measure_cpu(kinds):
    """All kinds at the same time: CPU time is counted for each process by itself."""
    for _ in range(CPU_ROUNDS):
        # What waits has waited since its last turn; this begins all of them anew.
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


class Missing(Exception):
    """Why a peer cannot be measured."""


def run(*command, environment=None):
    done = subprocess.run(command, env={**os.environ, **(environment or {})}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Missing(f"`{' '.join(command)}` failed: {(done.stdout.strip().splitlines() or ['?'])[-1]}")
    return done.stdout.strip()


def build_handoff(compiler, target, built):
    lib, program = os.path.join(target, "lib"), os.path.join(built, "handoff")
    run(compiler, "-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror", "-I" + os.path.join(PROJECT, "include"),
        os.path.join(BENCH, "handoff.c"), "-o", program, "-L" + lib, "-lralph_lock", "-Wl,-rpath," + lib)
    return program


def build_filelock(built):
    """Program and version."""
    venv = os.path.join(built, "venv")
    python = os.path.join(venv, "bin", "python")
    if not os.path.exists(python):
        run(sys.executable, "-m", "venv", venv)
    requirements = os.path.join(BENCH, "peers", "requirements.txt")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements)
    version = run(python, "-c", "import importlib.metadata as m; print(m.version('filelock'))")
    return [python, os.path.join(BENCH, "peers", "filelock_peer.py")], version


def build_gofrs(built):
    if not shutil.which("go"):
        raise Missing("there is no `go`")
    program = os.path.join(built, "gofrs_peer")
    run("go", "build", "-o", program, os.path.join(BENCH, "peers", "gofrs_peer.go"),
        environment={"GO111MODULE": "off", "GOPATH": "/usr/share/gocode"})
    version = run("dpkg-query", "-W", "-f", "${Version}", "golang-github-gofrs-flock-dev")
    return [program], version


def build_qlockfile(built):
    if not shutil.which("g++") or not shutil.which("pkg-config"):
        raise Missing("there is no `g++` or no `pkg-config`")
    program = os.path.join(built, "qlockfile_peer")
    flags = run("pkg-config", "--cflags", "--libs", "Qt5Core").split()
    run("g++", "-O2", "-fPIC", os.path.join(BENCH, "peers", "qlockfile_peer.cpp"), "-o", program, *flags)
    return [program], run("pkg-config", "--modversion", "Qt5Core")


PEERS = [
    ("Python filelock, polls each 50 ms", build_filelock, "apt-get install python3-venv (the rest is from PyPI)"),
    ("Go gofrs/flock, retries each 10 ms", build_gofrs, "apt-get install golang-go golang-github-gofrs-flock-dev"),
    ("Qt QLockFile", build_qlockfile, "apt-get install g++ pkg-config qtbase5-dev"),
]

FLOCK = "flock(2), nothing else"
RECORD = "flock(2) and the record, in C"
BLOCKING = "ralph_lock_acquire_blocking"
WITH = "ralph_lock_acquire_with"
FLOCK_WATCHED = f"flock(2), {CROWD} processes watch the file"
WATCHED = f"{WITH}, {CROWD} watch"
FLOCK_CROWDED = f"flock(2), {CROWD} more wait"
CROWDED = f"{WITH}, {CROWD} more wait"


def await_inotify():
    """Without inotify the library polls: correct, but not what is to be measured. A user has 128
    instances of it, unless somebody asked for more, and other programs take some of them too."""
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


def measure(handoff, peers, folder, rounds):
    """All kinds by name, and all drains."""
    flock, blocking, deadline = ([handoff, kind] for kind in ("flock", "blocking", "with"))
    kinds = stage(rounds, [
        lambda: Kind(FLOCK, flock, folder),
        lambda: Kind(RECORD, [handoff, "record"], folder),
        lambda: Kind(BLOCKING, blocking, folder),
        lambda: Kind(WITH, deadline, folder),
        *(functools.partial(Kind, name, program, folder, ends=[RELEASE], hold=HOLD_FROM_POLLERS, every=PEERS_EVERY)
          for name, program in peers.items())])
    measure_cpu(kinds)
    end(kinds)
    # One crowd of watchers at a time, for inotify's sake; they take turns in slices.
    crowds = []
    for _ in range(SLICES):
        for name, program in ((FLOCK_WATCHED, flock), (WATCHED, deadline)):
            crowds += end(stage(rounds // SLICES, [
                lambda: Kind(name, program, folder, watch=[handoff, "watch"])]))
        crowds += end(stage(rounds // SLICES, [
            lambda: Kind(FLOCK_CROWDED, flock, folder, waiters=CROWD + 1),
            lambda: Kind(CROWDED, deadline, folder, waiters=CROWD + 1)]))
    by_name = {kind.name: kind for kind in kinds}
    for kind in crowds:
        whole = by_name.setdefault(kind.name, kind)
        if whole is not kind:
            for name, values in kind.latencies.items():
                whole.latencies[name] += values
    drains = [end(stage(DRAINS, [functools.partial(Drain, name, program, folder)]))[0] for name, program in
              ((FLOCK, flock), (BLOCKING, blocking), (WITH, deadline))]
    return by_name, drains


# What is said about it.


def table(head, rows):
    """A Markdown table with aligned columns."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells):
        padded = [cell.ljust(width) if column == 0 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * width if column == 0 else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def amount(microseconds):
    return f"{microseconds:,.0f}"


def latency_tables(kinds):
    names = [FLOCK, RECORD, BLOCKING, WITH, FLOCK_WATCHED, WATCHED, FLOCK_CROWDED, CROWDED]
    titles = {RELEASE: "after a release", KILL: "after kill -9", FIRST: "after a release, a process's first wait"}
    for end, title in titles.items():
        floor = p50(kinds[FLOCK].latencies[end])
        rows = []
        for name in names:
            values = kinds[name].latencies[end]
            rows.append([name, amount(p50(values)), f"{p50(values) / floor:.2f}", amount(p99(values)), amount(max(values))])
        yield table([f"{title}, in µs", "p50", "× flock", "p99", "longest"], rows)


def targets(kinds, drains):
    """Rows of: what, must be, is, met or missed."""
    rows = []

    def at_most(what, bound, value, unit):
        rows.append([what, f"≤ {bound:,} {unit}", f"{value:,.2f} {unit}" if value < 10 else f"{value:,.0f} {unit}",
                     "met" if value <= bound else "missed"])

    def ratio(name, end):
        return p50(kinds[name].latencies[end]) / p50(kinds[FLOCK].latencies[end])

    for end in (RELEASE, KILL):
        at_most(f"blocking, {end}: p50", 1.3, ratio(BLOCKING, end), "× flock")
    for end in (RELEASE, KILL):
        at_most(f"deadline and token, {end}: p50", 3, ratio(WITH, end), "× flock")
        at_most(f"deadline and token, {end}: p99", 2000, p99(kinds[WITH].latencies[end]), "µs")
    for name, others in ((WATCHED, "watchers"), (CROWDED, "more waiters")):
        for end in (RELEASE, KILL):
            at_most(f"{CROWD} {others}, {end}: p99", 5000, p99(kinds[name].latencies[end]), "µs")
    longest = [max(values) for name in (WITH, WATCHED, CROWDED) for values in kinds[name].latencies.values()]
    longest += [max(drain.gaps) for drain in drains if drain.name == WITH]
    reached = sum(value >= BACK_STOP for value in longest)
    rows.append(["waits that reach the look once a second", "0", str(reached), "missed" if reached else "met"])
    at_most(f"CPU time of a wait of {CPU_WAIT:.0f} s", 500, p50(kinds[WITH].cpu), "µs")
    for name, _, install in PEERS:
        if name not in kinds:
            rows.append([f"faster than {name}", "≥ 40 ×", "not measured", "unknown"])
            continue
        factor = p50(kinds[name].latencies[RELEASE]) / p50(kinds[WITH].latencies[RELEASE])
        rows.append([f"faster than {name}", "≥ 40 ×", f"{factor:,.0f} ×", "met" if factor >= 40 else "missed"])
    return rows


def page(kinds, drains, versions, missing, where, rounds):
    ours = p50(kinds[WITH].latencies[RELEASE])
    peers = [[kind.name, amount(p50(kind.latencies[RELEASE])), amount(p99(kind.latencies[RELEASE])),
              f"{p50(kind.latencies[RELEASE]) / ours:,.0f}"] for kind in kinds.values() if kind.ends != ENDS]
    parts = [
        "# Waiting, measured",
        "Made by `make bench`; do not edit. How soon a waiter has the lock after its holder let go, and what\n"
        "waiting costs. All kinds take turns in one run, so compare within this page only.",
        table(["target", "must be", "is", ""], targets(kinds, drains)),
        "## One waiter, or many",
        f"From the moment before the holder lets go to the moment at which a waiter has the lock; {rounds}\n"
        "rounds. The floor is a process that is blocked in flock(2) and does nothing else; the next row is a C\n"
        "program with the system calls that put the holder on record and take it off again, and nothing\n"
        "else: a lock that names its holder cannot be faster than that. With many waiters it is the first of\n"
        "them that counts.",
        *latency_tables(kinds),
        f"{CROWD} waiters pass the lock on, each as soon as it has it. The time from one to the next:",
        table(["in µs", "p50", "p99", "longest"],
              [[drain.name, amount(p50(drain.gaps)), amount(p99(drain.gaps)), amount(max(drain.gaps))]
               for drain in drains]),
        "## Others",
        "After a release. Each holder and waiter is of the same library; who polls is released at a random\n"
        "moment of the period.",
        table(["in µs", "p50", "p99", "p50 ÷ ralph_lock_acquire_with"], peers) if peers else "",
        *(f"Not measured: {name}. {reason}. To install: `{install}`." for name, reason, install in missing),
        f"CPU time that a process uses while it waits for {CPU_WAIT:.0f} s:",
        table(["in µs", "median"], [[kind.name, amount(p50(kind.cpu))] for kind in kinds.values() if kind.cpu]),
        "## The machine",
        "\n".join(f"- {line}" for line in [
            f"{os.cpu_count()} cores, {processor()}, {platform.machine()}",
            f"{platform.system()} {platform.release()}, {file_system(where)}",
            *versions]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def file_system(folder):
    return run("df", "--output=fstype", folder).split()[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", default=os.path.join(PROJECT, "target"), help="where `make lib` built")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--folder", help="where the lock files are; in the target folder if not given")
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--no-page", action="store_true", help="print only, leave docs/waiting.md alone")
    parser.add_argument("--no-peers", action="store_true", help="only flock(2) and this library")
    arguments = parser.parse_args()

    target = os.path.abspath(arguments.target)
    built = os.path.join(target, "bench")
    os.makedirs(built, exist_ok=True)
    try:
        handoff = build_handoff(arguments.compiler, target, built)
    except Missing as error:
        sys.exit(str(error))
    programs, missing = {}, []
    versions = [f"ralph_lock, built with {run('rustc', '--version')}", run(arguments.compiler, "--version").splitlines()[0]]
    for name, build, install in PEERS:
        try:
            if arguments.no_peers:
                raise Missing("it was not asked for")
            programs[name], version = build(built)
            versions.append(f"{name.partition(',')[0]} {version}")
        except Missing as reason:
            missing.append((name, reason, install))

    folder = tempfile.mkdtemp(dir=arguments.folder or built)
    try:
        kinds, drains = measure(handoff, programs, folder, arguments.rounds)
        text = page(kinds, drains, versions, missing, folder, arguments.rounds)
    finally:
        shutil.rmtree(folder)
    print(text)
    if not arguments.no_page:
        os.makedirs(os.path.dirname(PAGE), exist_ok=True)
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
