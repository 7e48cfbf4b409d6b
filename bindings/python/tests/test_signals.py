"""Python's signal handlers during a wait, Ctrl-C included."""

import signal
from pathlib import Path
from typing import Callable

import pytest
import ralph_lock
from conftest import Child

LIMITS = pytest.mark.parametrize("limit", ["None", "3600"])


@LIMITS
def test_ctrl_c_ends_a_wait(tmp_path: Path, holder: Child, child: Callable[..., Child], limit: str) -> None:
    waiter = child(
        f"""
        say("waits")
        try:
            ralph_lock.acquire(root, "waits", {limit})
        except KeyboardInterrupt:
            say("interrupted")
        hear()
        """
    )
    assert waiter.hear() == "waits"
    waiter.signal(signal.SIGINT)
    assert waiter.hear() == "interrupted"
    # The wait leaves nothing behind.
    assert ralph_lock.find_keepers(tmp_path) == [holder.pid]


@LIMITS
def test_a_wait_continues_after_a_handler(holder: Child, child: Callable[..., Child], limit: str) -> None:
    waiter = child(
        f"""
        signal.signal(signal.SIGUSR1, lambda *_: say("handled"))
        say("waits")
        with ralph_lock.acquire(root, "waits", {limit}):
            say("got it")
        """
    )
    assert waiter.hear() == "waits"
    for _ in range(3):
        waiter.signal(signal.SIGUSR1)
        assert waiter.hear() == "handled"
    holder.tell()
    assert waiter.hear() == "got it"
    assert waiter.end() == 0


def test_signals_do_not_prolong_a_wait(holder: Child, child: Callable[..., Child]) -> None:
    # If each signal restarted the wait, it would never end.
    waiter = child(
        """
        signals = 0
        def count(*_):
            global signals
            signals += 1
        signal.signal(signal.SIGALRM, count)
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        begin = time.monotonic()
        try:
            ralph_lock.acquire(root, "waits", 0.3)
        except TimeoutError:
            say(f"{signals > 1} {time.monotonic() - begin >= 0.3}")
        """
    )
    assert waiter.hear() == "True True"
