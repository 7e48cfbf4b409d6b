"""Other processes, and workspaces, for the tests."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

PRELUDE = """
import asyncio, os, signal, sys, threading, time
import ralph_lock

root = sys.argv[1]

def say(word):
    print(word, flush=True)

def hear():
    return sys.stdin.readline().strip()
"""


class Child:
    """A process that runs Python code on a workspace and exchanges lines with the test."""

    def __init__(self, root: Path, code: str, **options: Any) -> None:
        program = PRELUDE + textwrap.dedent(code)
        command = [
            *options.pop("prefix", []),
            sys.executable,
            "-c",
            program,
            str(root),
            *options.pop("arguments", []),
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, **options
        )
        self.pid = self.process.pid
        assert self.process.stdin and self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def hear(self) -> str:
        return str(self.stdout.readline().strip())

    def tell(self, word: str = "") -> None:
        self.stdin.write(word + "\n")

    def signal(self, number: int) -> None:
        """Signals it once it sleeps in the wait that it has announced."""
        before = None
        while (now := self._sleeps()) is None or now != before:
            assert self.process.poll() is None
            before = now
            time.sleep(0.02)
        os.kill(self.pid, number)

    def _sleeps(self) -> "str | None":
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return lines["voluntary_ctxt_switches"] if lines["State"].split()[0] == "S" else None

    def end(self) -> int:
        """Lets it end, and returns its exit status."""
        self.stdin.close()
        return self.process.wait()

    def clean_up(self) -> None:
        self.process.kill()
        self.process.wait()
        self.stdin.close()
        self.stdout.close()


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def start(code: str, **options: Any) -> Child:
        children.append(Child(tmp_path, code, **options))
        return children[-1]

    yield start
    for process in children:
        process.clean_up()


@pytest.fixture
def holder(child: Callable[..., Child]) -> Child:
    """A process that holds the lock of tmp_path until it is told a line."""
    process = child(
        """
        with ralph_lock.acquire(root, "the holder's task"):
            say("held")
            hear()
        say("released")
        hear()
        """
    )
    assert process.hear() == "held"
    return process


def descriptors() -> list[str]:
    """This process's open descriptors."""
    return sorted(os.listdir("/proc/self/fd"))


def eventually(condition: Callable[[], bool]) -> None:
    """Waits for a condition that an anonymous thread will meet. A test that hangs is ended from outside."""
    while not condition():
        time.sleep(0.001)
