#!/usr/bin/env python3
"""Measures the library, its floor and its peers, and writes docs/generated/performance.md with its plots.

Runs as `make bench`; `make bench-quick` takes fewer rounds, prints the targets and writes nothing, unless --docs names
a folder. The library is measured as it ships, through its header, and its packages as they are installed. All programs
take turns (operations.py), because the load of a machine changes: what is compared was measured within milliseconds.
"""

import argparse
import dataclasses
import os
import platform
import shutil
import signal
import sys
import tempfile
import time

import calls
import extent
import operations
import overview
import plots
import programs
import waiting
from operations import ratios, typical
from page import at_least, at_most, micro, spread, table, verdict
from programs import FLOOR, OURSELVES, RALPH_CORE

DOCS = os.path.join(programs.PROJECT, "docs", "generated")
PAGE = "performance.md"

TITLES = {
    "pair": "Acquire and release",
    "disk": "Release, after the record has reached the disk",
    "refused": "Refused try",
    "record": "Read the record",
    "locked": "Is it locked? (it is)",
    "free": "Is it locked? (it is not)",
    "inspect": "Inspect (held)",
}


@dataclasses.dataclass
class Effort:
    """How often everything is measured. `length` is that of a slice, in nanoseconds."""

    runs: int
    rounds: int
    length: int
    extent: int
    waiting: dict


FULL = Effort(5, 40, 3_000_000, 40, {"rounds": 400, "slices": 8, "drains": 15, "cpu_rounds": 3})
QUICK = Effort(2, 6, 1_000_000, 8, {"rounds": 24, "slices": 2, "drains": 3, "cpu_rounds": 1})


@dataclasses.dataclass
class Results:
    operations: dict  # by file system
    live: dict
    threads: dict
    memory: tuple
    size: int
    loading: dict
    starting: list
    waiting: tuple


def measure(effort, build, measured, peers_wait, places, library, empty):
    worker = measured[0].command
    handoff, waits = peers_wait
    results = Results({}, {}, {}, (), os.path.getsize(library), {}, [], ())
    for place, folder in places.items():
        say(f"measuring operations on {place}")
        results.operations[place] = operations.measure(measured, folder, effort.runs, effort.rounds, effort.length)
        say(f"measuring many locks on {place}")
        results.live[place] = extent.live_guards(worker, folder, effort.extent)
        results.threads[place] = extent.threads(*measured[:2], folder, effort.extent)
    say("measuring memory and loading")
    memory, disk = places
    results.memory = extent.memory(worker, places[memory], 5)
    results.loading = extent.loading(build.ours("load", "-ldl"), {OURSELVES: library, "empty": empty}, effort.extent)
    results.starting = extent.starting(effort.extent * 5)
    say("measuring waiting")
    results.waiting = waiting.measure(handoff, waits, places[disk], **effort.waiting)
    return results


def say(what):
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def targets(results, measured):
    """Rows of: what, must be, is, met or missed."""
    rows = []
    names = {program.key: program.name for program in measured}
    recorders = [program.key for program in measured[2:] if program.records and not program.is_package]
    for place, times in results.operations.items():
        def compare(operation, below, above=OURSELVES):
            return ratios(times[operation][above], times[operation][below])[0]

        def floor(what, operation, bound):
            rows.append(at_most(f"{what}, {place}", bound, compare(operation, FLOOR), "× the same calls in C"))

        def faster(what, operation, bound, other=RALPH_CORE):
            if other in times[operation]:
                best = ratios(times[operation][other], times[operation][FLOOR])[0]
                rows.append(at_least(f"{what}, {place}", bound, compare(operation, OURSELVES, other),
                                     f"× faster than {other}", f" (the floor: {best:.2f} ×)"))

        floor("acquire and release", "pair", 1.15)
        faster("acquire and release", "pair", 1.1 if place == "tmpfs" else 25)
        known = [key for key in recorders if key in times["pair"]]
        # On a tmpfs fslock is quicker, and loses its lock to `rm`.
        if known and place != "tmpfs":
            nearest = min(known, key=lambda key: typical(times["pair"][key]))
            ahead = compare("pair", OURSELVES, nearest)
            rows.append([f"acquire and release, {place}", "ahead of all that name the holder",
                         f"{ahead:.2f} × faster than the next, {names[nearest]}", verdict(ahead > 1)])
        release, best = (typical(times["disk"][key]) / 1000 for key in (OURSELVES, FLOOR))
        rows.append(at_most(f"release after the record has reached the disk, {place}", 20, release, "µs",
                            f" (the floor: {best:.2f} µs)"))
        floor("refused try, holder named", "refused", 1.45)
        faster("refused try, holder named", "refused", 1.2)
        floor("reading the record", "record", 1.5)
        faster("reading the record", "record", 1.2)
        for state, operation in (("held", "locked"), ("free", "free")):
            floor(f"is it locked ({state})", operation, 1.1)
        worst = max(extent.flatness(results.live[place]).values())
        rows.append(at_most(f"a try with up to 1,000 live guards, {place}", 1.1, worst[0], "× with one"))
        gain, best, most = (operations.median(results.threads[place][key])
                            for key in (OURSELVES, FLOOR, extent.COMPUTING))
        rows.append(at_least(f"1,000 workspaces, 8 threads, {place}", 1.7, gain, "× one thread",
                             f" (the floor: {best:.2f} ×, a computation: {most:.2f} ×)"))
    guard, waiter = results.memory
    rows.append(at_most("the shared library", 560, results.size / 1000, "KB"))
    loaded = ratios([results.loading[OURSELVES]], [results.loading["empty"]])[0]
    rows.append(at_most("loading it", 1.1, loaded, "× an empty Rust library"))
    rows.append(at_most("memory of a guard", 1024, guard, "bytes"))
    rows.append(at_most("memory of a waiter", 4096, waiter, "bytes"))
    return rows + [[f"hand-off: {row[0]}", *row[1:]] for row in waiting.targets(*results.waiting)]


def operation_tables(results, measured):
    for operation, title in TITLES.items():
        yield f"### {title}"
        head = ["in µs"]
        for place in results.operations:
            head += [place, "times ours"]
        if operation in ("pair", "refused"):
            head.append("names")
        rows = []
        for program in measured:
            row = [program.name]
            for times in results.operations.values():
                if program.key in times[operation]:
                    of_program = times[operation][program.key]
                    row += [micro(typical(of_program)), spread(ratios(of_program, times[operation][OURSELVES]))]
            if len(row) > 1:
                rows.append(row + ([program.records or "nothing"] if "names" in head else []))
        yield table(head, rows)


def extent_tables(results):
    rows = [[f"{live:,} live guard{'s' if live > 1 else ''}",
             *(micro(operations.median(times[live])) for times in results.live.values())] for live in extent.LIVE]
    yield "### Many locks"
    yield "One try-acquire, by the number of other locks that the process holds:"
    yield table(["in µs", *results.live], rows)
    yield ("1,000 workspaces are locked and released, again and again: how much faster eight threads are than one, on\n"
           f"{os.cpu_count()} cores.")
    keys = {OURSELVES: "ralph_lock", FLOOR: "its system calls in C", extent.OPENS: "open(2) and close(2), nothing else",
            extent.COMPUTING: "a computation without system calls"}
    yield table(["× one thread", *results.threads],
                [[name, *(f"{operations.median(gains[key]):.2f}" for gains in results.threads.values())]
                 for key, name in keys.items()])
    guard, waiter = results.memory
    yield "### The library itself"
    yield table(["", "is"], [
        ["size of the shared library, stripped", f"{results.size / 1000:,.0f} KB"],
        ["loading it", f"{micro(operations.median(results.loading[OURSELVES]))} µs"],
        ["loading an empty Rust library", f"{micro(operations.median(results.loading['empty']))} µs"],
        ["memory of a guard, of 1,000", f"{guard:,.0f} bytes"],
        ["memory of a waiter, of 1,000", f"{waiter:,.0f} bytes"],
    ])
    yield ("Instructions of one operation in the library and in what it calls, without those of the kernel;\n"
           "`make bench-instructions` fails when there are more:")
    yield table(["", "instructions"], [[TITLES[name], f"{number:,}"] for name, number in instructions()])


def instructions():
    """The counts of `make bench-instructions`."""
    with open(os.path.join(programs.BENCH, "instructions", "counts"), encoding="utf-8") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    return [(name, int(number)) for name, number in lines[1:]]


def draw(results, measured, folder):
    """Writes the plots, and gives their names."""
    os.makedirs(folder, exist_ok=True)
    save(folder, "overview.svg", plots.bars("ralph_lock at a glance", list(overview.panels(results, measured))))
    for place, times in results.operations.items():
        panels = []
        for operation in ("pair", "disk", "refused", "record", "locked"):
            able = [program for program in measured if program.key in times[operation]]
            bars = [(program.name, style(program), typical(times[operation][program.key])) for program in able]
            panels.append((TITLES[operation], sorted(bars, key=lambda bar: bar[2])))
        save(folder, f"operations-{place}.svg", plots.bars(f"Operations on {place}", panels))
    curves = waiting.curves(results.waiting[0])
    save(folder, "hand-off.svg", plots.cumulative("From a release to the next holder", curves))
    save(folder, "lines.svg", plots.growth("Waits of one process for one lock", waiting.growth(results.waiting[2])))


def style(program):
    if program.key == OURSELVES or program.is_package:
        return "ours"
    return "floor" if program.key == FLOOR else "records" if program.records else "other"


def save(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def page(results, measured, effort, about):
    """All of docs/generated/performance.md."""
    with open(os.path.join(programs.BENCH, "page.md"), encoding="utf-8") as file:
        text = file.read()
    parts = {
        "overview": overview.sentences(results, measured),
        "targets": table(["target", "must be", "is", ""], targets(results, measured)),
        "operations": "\n\n".join(operation_tables(results, measured)),
        "lacks": "\n".join(f"- {program.name}: {program.lacks}." for program in measured[2:] if program.lacks),
        "extent": "\n\n".join(extent_tables(results)),
        "waiting": "\n\n".join(part for part in waiting.section(*results.waiting, effort.waiting["rounds"]) if part),
        "machine": "\n".join(f"- {line}" for line in about),
        "runs": f"{effort.runs} runs of {effort.rounds} rounds",
        "disk": list(results.operations)[1],
    }
    for name, part in parts.items():
        text = text.replace("{{" + name + "}}", part)
    return text


def machine(places, versions, compiler, missing):
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return [
        f"{os.cpu_count()} cores, {names[0] if names else 'unknown processor'}, {platform.machine()}",
        f"{platform.system()} {platform.release()}; {' and '.join(places)}",
        f"ralph_lock, built with {programs.run('rustc', '--version')}",
        programs.run(compiler, "--version").splitlines()[0],
        f"C library {' '.join(platform.libc_ver())}",
        *versions,
        *(f"not measured: {reason}" for reason in missing),
    ]


def file_system(folder):
    return programs.run("df", "--output=fstype", folder).split()[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", default=os.path.join(programs.PROJECT, "target"), help="where `make lib` built")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--disk", help="a folder on a disk; in the target folder if not given")
    parser.add_argument("--memory", default="/dev/shm", help="a folder on a tmpfs")
    parser.add_argument("--quick", action="store_true", help="few rounds, and print the targets only")
    parser.add_argument("--no-peers", action="store_true", help="only this library and its floor")
    parser.add_argument("--docs", help="where the page and its plots are written; docs/generated if not given")
    arguments = parser.parse_args()
    docs = arguments.docs or (None if arguments.quick else DOCS)

    # So that a signal removes the files too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    target = os.path.abspath(arguments.target)
    lib = os.path.join(target, "lib")
    build = programs.Builder(arguments.compiler, lib, os.path.join(target, "bench"),
                             os.path.join(target, "installed"))
    say("building")
    try:
        measured = programs.our_programs(build)
        others, versions, missing = ([], [], []) if arguments.no_peers else programs.others(build)
        measured += others
        peers_wait = waiting.build(build, not arguments.no_peers)
        empty = build.empty_library()
    except programs.Missing as error:
        sys.exit(str(error))
    folders = [tempfile.mkdtemp(prefix="ralph_lock-bench-", dir=place)
               for place in (arguments.memory, arguments.disk or build.built)]
    try:
        places = dict(zip(map(file_system, folders), folders))
        if len(places) < 2:
            sys.exit("both folders are on the same kind of file system; see --disk and --memory")
        handoff = peers_wait[0]
        unlike = (calls.difference(*measured[:2], folders[0]) or
                  calls.difference_of_waits([handoff, "blocking"], [handoff, "record"], folders[0]))
        if unlike:
            sys.exit(f"the floor is none, {unlike}")
        effort = QUICK if arguments.quick else FULL
        library = os.path.realpath(os.path.join(lib, "libralph_lock.so"))
        results = measure(effort, build, measured, peers_wait, places, library, empty)
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(["target", "must be", "is", ""], targets(results, measured)))
    if docs:
        about = machine(places, versions, arguments.compiler, missing)
        draw(results, measured, os.path.join(docs, "plots"))
        save(docs, PAGE, page(results, measured, effort, about))
        say(f"written: {os.path.join(docs, PAGE)}")


if __name__ == "__main__":
    main()
