#!/usr/bin/env python3
"""Counts the instructions of the library's five commonest operations, and compares them with earlier counts.

Counts have no noise: a difference comes from a change of the library or of the compiler. The file `counts` names the
compiler; with another one a larger difference is allowed. Instructions of the kernel are not counted.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import programs
from operations import Worker

COUNTS = os.path.join(programs.BENCH, "instructions", "counts")
OPERATIONS = {"pair": False, "refused": True, "record": True, "locked": True, "inspect": True}
# How often each operation is done. A shorter run is subtracted, so that the start does not count.
FEW, MANY = 100, 300
# Where one exported function calls another, callgrind would stop collecting at the inner one.
INNER = "_with"
# In percent.
TOLERANCE, TOLERANCE_FOR_OTHERS = 5, 25


def count(worker, root, operation, times):
    """The instructions of that many operations, all of them within exported functions."""
    log = os.path.join(root, "log")
    with open(os.path.join(programs.PROJECT, "abi", "symbols.txt"), encoding="utf-8") as file:
        functions = [name for name in file.read().split() if not name.endswith(INNER)]
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={log}",
               *(f"--toggle-collect={name}" for name in functions), *worker, root]
    done = subprocess.run(command, input=f"{operation} {times}\n", text=True, stdout=subprocess.DEVNULL)
    with open(log, encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"Collected : (\d+)", text)
    if done.returncode != 0 or found is None:
        sys.exit(f"valgrind failed:\n{text}")
    return int(found[1])


def count_all(worker):
    counts = {}
    root = tempfile.mkdtemp(prefix="ralph_lock-")
    try:
        holder = Worker(worker, root)
        for operation, held in OPERATIONS.items():
            if held:
                holder.ask("take")
            counts[operation] = round((count(worker, root, operation, MANY) - count(worker, root, operation, FEW))
                                      / (MANY - FEW))
            if held:
                holder.ask("release")
        holder.end()
    finally:
        shutil.rmtree(root)
    return counts


def read():
    """The compiler, and the counts by operation."""
    with open(COUNTS, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    return lines[0], {name: int(number) for name, number in map(str.split, lines[1:])}


def write(compiler, counts):
    with open(COUNTS, "w", encoding="utf-8") as file:
        file.write("# Instructions of one operation, in the library and what it calls. Made by\n"
                   "# `make bench-instructions UPDATE=1`, with:\n" + compiler + "\n")
        file.writelines(f"{name} {number}\n" for name, number in counts.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", default=os.path.join(programs.PROJECT, "target"), help="where `make lib` built")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--update", action="store_true", help="write the counts")
    arguments = parser.parse_args()

    target = os.path.abspath(arguments.target)
    build = programs.Builder(arguments.compiler, os.path.join(target, "lib"), os.path.join(target, "bench"))
    try:
        worker = build.ours("worker")
        compiler = programs.run("rustc", "--version")
        if shutil.which("valgrind") is None:
            raise programs.Missing("there is no `valgrind`; apt-get install valgrind")
    except programs.Missing as error:
        sys.exit(str(error))
    counts = count_all(worker)
    if arguments.update:
        write(compiler, counts)
        print(f"written to {os.path.relpath(COUNTS)}: {counts}")
        return
    compiler_then, counts_then = read()
    tolerance = TOLERANCE
    if compiler != compiler_then:
        tolerance = TOLERANCE_FOR_OTHERS
        print(f"Counted with {compiler}, and the file with {compiler_then}: up to {tolerance} % more are allowed.")
    failed = False
    for name, now in counts.items():
        then = counts_then[name]
        change = (now - then) * 100 / then
        failed |= change > tolerance
        print(f"{name}: {then:,} instructions then, {now:,} now ({change:+.1f} %)"
              + (f": MORE than {tolerance} %" if change > tolerance else ""))
    if failed:
        sys.exit("More instructions than before. If that is worth it: make bench-instructions UPDATE=1")
    if any(now * 100 < counts_then[name] * (100 - tolerance) for name, now in counts.items()):
        print("Fewer than before: make bench-instructions UPDATE=1 keeps it so.")


if __name__ == "__main__":
    main()
