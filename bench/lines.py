"""Many waits of one process for one lock, and many waiting processes: how the time grows with their number.

The programs are ours/line.*; the processes are those of ours/handoff.c and peers/*_waits.*.
"""

import os
import tempfile
import time

import programs
from handoff import Worker, new_root
from page import table

COUNTS = (10, 100, 1_000, 10_000)
QUICK_COUNTS = COUNTS[:3]
PROCESSES = (1, 10, 50, 200)
QUICK_PROCESSES = PROCESSES[:2]

# What 1,000 waits may take, in seconds, and how much longer each wait may take among ten times as many.
LIMIT = 2
LINEAR = 2


def build(builder):
    """The programs by name: commands that take a number of waits and a root."""
    line = builder.ours("line")
    commands = {"C, event loop": [*line, "loop"], "C, threads": [*line, "threads"]}
    for make in (python, node, go):
        try:
            commands.update(make(builder))
        except programs.Missing:
            pass
    return commands


def python(builder):
    interpreter, program = builder.python(), os.path.join(programs.OURS, "line.py")
    programs.run(interpreter, "-c", "import ralph_lock")
    return {f"Python, {kind}": [interpreter, program, kind] for kind in ("asyncio", "threads")}


def node(_builder):
    program = os.path.join(programs.OURS, "line.mjs")
    with tempfile.TemporaryDirectory() as root:
        programs.run("node", program, "1", root)
    return {"Node": ["node", program]}


def go(builder):
    return {"Go": builder.go_with_package("line")}


def measure(commands, folder, counts):
    """Seconds by name and number, the best of three; and the descriptors of each wait in C."""
    seconds, descriptors = {name: {} for name in commands}, {}
    for count in counts:
        for name, command in commands.items():
            taken = []
            for _ in range(3 if count < 10_000 else 1):
                root = tempfile.mkdtemp(dir=folder)
                try:
                    printed = programs.run(*command, str(count), root).split()
                except programs.Missing:
                    # More descriptors or threads than this machine lets a process have.
                    break
                taken.append(int(printed[0]) / 1e9)
                if name == "C, event loop":
                    descriptors[count] = int(printed[1]) / count
            if taken:
                seconds[name][count] = min(taken)
    return seconds, descriptors


def targets(seconds, descriptors):
    """Rows of: what, must be, is, met or missed."""
    rows = []

    def at_most(what, bound, value, unit):
        rows.append([what, f"≤ {bound:,} {unit}", f"{value:,.2f} {unit}", "met" if value <= bound else "missed"])

    for name, times in seconds.items():
        if 1_000 in times:
            at_most(f"1,000 waits for one lock, {name}", LIMIT, times[1_000], "s")
            most = max(times)
            each = times[most] / most
            at_most(f"a wait among {most:,}, {name}", LINEAR, each / (times[most // 10] / (most // 10)),
                    f"× one among {most // 10:,}")
    if 1_000 in descriptors:
        at_most("descriptors of a wait without a deadline, 1,000 waits", 2, descriptors[1_000], "each")
    return rows


def processes(kinds, folder, counts):
    """Rows of: name, number, time from one to the next, CPU time of a wait, both in µs."""
    rows = []
    for count in counts:
        for name, program in kinds.items():
            gap, cpu = drain(program, new_root(folder), count)
            rows.append([name, f"{count}", f"{gap:,.0f}", f"{cpu:,.0f}"])
    return rows


def drain(program, root, count):
    """That many processes wait for a second, and pass the lock on: the time from one to the next, and the CPU time of a
    wait, in µs."""
    holder, *crowd = [Worker([*program, root]) for _ in range(count + 1)]
    holder.tell("a")
    holder.answer()
    for one in crowd:
        one.tell("p")
    time.sleep(1)
    holder.tell("r")
    answers = [one.answer() for one in crowd]
    let_go = holder.answer()[0]
    for one in [holder, *crowd]:
        one.end()
    moments = sorted([let_go, *(moment for moment, _ in answers)])
    gaps = sorted(after - before for before, after in zip(moments, moments[1:]))
    return gaps[len(gaps) // 2], sum(cpu for _, cpu in answers) / count


def section(seconds, descriptors, rows):
    """The page's section about many waits."""
    counts = sorted({count for times in seconds.values() for count in times})
    cells = [[name, *(f"{times[count]:,.3f}" if count in times else "" for count in counts)]
             for name, times in seconds.items()]
    each = ", ".join(f"{value:.2f} at {count:,}" for count, value in sorted(descriptors.items()))
    return [
        "Waits of one process for one lock stand in line: a release wakes the first, and each end of a wait the next.\n"
        "From the beginning of the first wait to the end of the last one, each of which has the lock for one turn:",
        "![Curves: the time of all waits over their number](plots/lines.svg)",
        table(["in s", *(f"{count:,} waits" for count in counts)], cells),
        f"Descriptors of a wait in an event loop of C, without a deadline: {each}.",
        "Processes that wait for one lock, each of which passes it on as soon as it has it: the median time from one to\n"
        "the next, and the CPU time that a process uses for its wait, a second of which nothing happens in. Those that\n"
        "find no inotify instance left look again and again: a user has 128, unless the machine allows more.",
        table(["", "processes", "hand-off, µs", "CPU time of a wait, µs"], rows),
    ]
