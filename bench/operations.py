"""The operations of a lock, measured: slices of all programs take turns, round by round.

Whatever else the machine does hits all programs of a round alike. So programs are compared within a round; the
page shows the median of such ratios, and how far they spread.
"""

import os
import random
import subprocess
import sys
import time

# The operations that are measured, and whether another process has the lock meanwhile.
OPERATIONS = {
    "pair": False,
    "disk": False,
    "refused": True,
    "record": True,
    "locked": True,
    "free": False,
    "inspect": True,
}

# The same operation of a program, on a lock that is free.
SPELLED = {"free": "locked"}


class Worker:
    """A process that obeys lines "OPERATION COUNT", each with one line of its own."""

    def __init__(self, command, root):
        self.command = [*command, root]
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def ask(self, operation, count=1):
        """Its answer: for most operations the time they took, in nanoseconds."""
        self.process.stdin.write(f"{operation} {count}\n".encode())
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{' '.join(self.command)} ended at {operation}")
        return int(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Crew:
    """The processes of one program: one with a lock of its own, one that is always refused, one that refuses it."""

    def __init__(self, program, folder):
        self.program = program
        roots = [os.path.join(folder, program.key + suffix) for suffix in ("", "-held")]
        for root in roots:
            os.makedirs(os.path.join(root, ".ralph"), exist_ok=True)
        self.alone = Worker(program.command, roots[0])
        self.holder, self.refused = (Worker(program.command, roots[1]) for _ in range(2))
        self.holder.ask("take")
        self.counts = {}

    def slice(self, operation, length):
        """The time of one operation in nanoseconds: of as many as take that long together, with everything between
        them."""
        worker = self.refused if OPERATIONS[operation] else self.alone
        spelled = SPELLED.get(operation, operation)
        if operation not in self.counts:
            # The first time everything is cold.
            worker.ask(spelled)
            count = 1
            while (taken := duration(worker.ask, spelled, count)) < length / 4 and count < 1 << 16:
                count *= 4
            self.counts[operation] = max(1, round(count * length / taken))
        return worker.ask(spelled, self.counts[operation]) / self.counts[operation]

    def end(self):
        self.holder.ask("release")
        for worker in (self.alone, self.refused, self.holder):
            worker.end()


def duration(function, *arguments):
    """The time of a call, in nanoseconds."""
    begin = time.perf_counter_ns()
    function(*arguments)
    return time.perf_counter_ns() - begin


def measure(programs, folder, runs, rounds, length, operations=OPERATIONS):
    """By operation and program: for each run the times of its rounds, in nanoseconds."""
    times = {operation: {program.key: [] for program in programs if operation in program.operations}
             for operation in operations}
    for run in range(runs):
        place = os.path.join(folder, str(run))
        crews = [Crew(program, place) for program in programs]
        for by_program in times.values():
            for of_program in by_program.values():
                of_program.append([])
        for _ in range(rounds):
            for operation, by_program in times.items():
                turns = [crew for crew in crews if crew.program.key in by_program]
                for crew in random.sample(turns, len(turns)):
                    by_program[crew.program.key][-1].append(crew.slice(operation, length))
        for crew in crews:
            crew.end()
    return times


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def typical(runs):
    """The median of the runs' medians."""
    return median([median(run) for run in runs])


def ratios(above, below):
    """Of two programs: the median of their ratios in the same rounds, and the range of eight rounds in ten."""
    values = sorted(one / other for run, others in zip(above, below) for one, other in zip(run, others))
    return median(values), values[len(values) // 10], values[len(values) * 9 // 10]
