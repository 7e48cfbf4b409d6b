"""Checks that the floor makes the library's system calls, all of them and no others."""

import os
import re
import subprocess

import handoff
from operations import OPERATIONS, SPELLED, Worker


def calls(program, root, operation, log):
    """The system calls of one operation, with their flags, as strace sees them. What they read is not compared."""
    worker = Worker(["strace", "-o", log, *program.command], root)
    # The first two times the library makes more calls: for facts that it determines once in a process, and for memory.
    for _ in range(3):
        worker.ask(SPELLED.get(operation, operation))
    worker.end()
    return made(log, 3)


def made(log, number):
    """The calls after that command, in a log of strace."""
    with open(log, encoding="utf-8", errors="replace") as file:
        parts = re.split(r"^read\(0,.*\n", file.read(), flags=re.MULTILINE)
    seen = []
    for line in parts[number].splitlines():
        if line.startswith("write(1,"):
            return seen
        name, _, rest = line.partition("(")
        flags = re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", re.sub(r'"[^"]*"|\{[^}]*\}', "", rest.rpartition(" = ")[0]))
        seen.append(" ".join([name, *flags]))
    raise ValueError(f"{log} has no answer")


def of_a_wait(command, log):
    """The system calls of taking the lock by a wait, and of releasing it, by a program of waiting.py."""
    # The first time the program makes more calls.
    letters = "ararar"
    subprocess.run(["strace", "-o", log, *command], input=letters.encode(), stdout=subprocess.PIPE, check=True)
    return made(log, 5) + made(log, 6)


def of_a_takeover(command, log):
    """The system calls of taking the lock after its holder was killed."""
    successor = handoff.Worker(["strace", "-o", log, *command])
    # The first time the program makes more calls.
    for _ in range(2):
        subprocess.run(command, input=b"ak", stdout=subprocess.PIPE, check=False)
        for letter in "ar":
            successor.tell(letter)
            successor.answer()
    successor.end()
    return made(log, 3)


def unlike(operation, ours, floor):
    """The first difference between the calls of the two, or None."""
    if ours == floor:
        return None
    seen = ["\n  ".join(of_program) for of_program in (ours, floor)]
    return f"{operation}: the library calls\n  {seen[0]}\nand the floor\n  {seen[1]}"


def difference_of_waits(ours, floor, folder):
    """The first difference between the two programs of waiting.py, or None."""
    for what, observe in (("a wait", of_a_wait), ("after kill -9", of_a_takeover)):
        seen = []
        for name, command in (("ours", ours), ("floor", floor)):
            root = os.path.join(folder, f"calls-{observe.__name__}-{name}")
            os.makedirs(os.path.join(root, ".ralph"))
            seen.append(observe([*command, root], os.path.join(root, "log")))
        if told := unlike(what, *seen):
            return told
    return None


def difference(ours, floor, folder):
    """The first difference between the two programs, or None."""
    for operation, held in OPERATIONS.items():
        if operation == "disk":
            continue
        both = []
        for program in (ours, floor):
            root = os.path.join(folder, f"calls-{program.key}-{operation}")
            os.makedirs(os.path.join(root, ".ralph"))
            holder = Worker(program.command, root)
            holder.ask("take")
            if not held:
                holder.ask("release")
            both.append(calls(program, root, operation, os.path.join(root, "log")))
            if held:
                holder.ask("release")
            holder.end()
        if told := unlike(operation, *both):
            return told
    return None
