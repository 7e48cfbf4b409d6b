"""Ownership of a lock when Ctrl-C comes at any instruction, its object is lost, or the program ends."""

import asyncio
import contextlib
import gc
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Optional

import pytest
import ralph_lock
from conftest import Child, descriptors, eventually
from ralph_lock import State


class Storm(KeyboardInterrupt):
    """The exception that the handler raises."""


def rage(number: int, frame: Optional[FrameType]) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    raise Storm


@pytest.fixture
def storm() -> Iterator[Callable[[], None]]:
    """Arms the next signal, within a time longer than any attacked call. It is repeated until the handler runs:
    up to 3.12, the interpreter can forget a signal that arrives while it computes whether one is pending."""
    # An exception in a finalizer is printed, and lost.
    gc.collect()
    gc.disable()
    before = signal.signal(signal.SIGALRM, rage)
    chance = random.Random(1)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, 4e-4), 0.05) and None
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    gc.enable()


ROUNDS = range(int(os.environ.get("STORM_ROUNDS", "1000")))


def test_an_interrupted_acquire_gives_a_lock_or_nothing(tmp_path: Path, storm: Callable[[], None]) -> None:
    before = descriptors()
    got = 0
    for _ in ROUNDS:
        lock = None
        try:
            storm()
            lock = ralph_lock.acquire(tmp_path, "is interrupted")
            while True:
                pass
        except Storm:
            pass
        if lock is not None:
            got += 1
            lock.release()
        assert not ralph_lock.is_locked(tmp_path)
    assert 0 < got < len(ROUNDS)
    assert descriptors() == before


def test_an_interrupted_with_releases(tmp_path: Path, storm: Callable[[], None]) -> None:
    before = descriptors()
    for _ in ROUNDS:
        with contextlib.suppress(Storm):
            storm()
            with ralph_lock.acquire(tmp_path, "is interrupted"):
                pass
            while True:
                pass
        assert not ralph_lock.is_locked(tmp_path)
    assert descriptors() == before


def test_an_interrupted_wait_leaves_nothing(tmp_path: Path, holder: Child, storm: Callable[[], None]) -> None:
    # The library keeps one descriptor for all waits.
    with pytest.raises(ralph_lock.TimedOutError):
        ralph_lock.acquire(tmp_path, "waits", 0.001)
    before = descriptors()
    for _ in ROUNDS:
        with contextlib.suppress(Storm):
            storm()
            ralph_lock.acquire(tmp_path, "waits")
    assert descriptors() == before
    assert ralph_lock.find_keepers(tmp_path) == [holder.pid]


def test_an_interrupted_adopt_leaves_the_descriptor_or_gives_a_lock(
    tmp_path: Path, storm: Callable[[], None]
) -> None:
    before = descriptors()
    got = 0
    for _ in ROUNDS:
        fd = ralph_lock.acquire(tmp_path, "hands over").into_fd()
        lock = None
        try:
            storm()
            lock = ralph_lock.adopt(tmp_path, "is interrupted", fd)
            while True:
                pass
        except Storm:
            pass
        assert ralph_lock.is_locked(tmp_path)
        if lock is None:
            os.close(fd)
        else:
            got += 1
            lock.release()
        assert not ralph_lock.is_locked(tmp_path)
        assert descriptors() == before
    assert 0 < got < len(ROUNDS)


# Older versions can be interrupted between the return of a number and its assignment.
@pytest.mark.skipif(sys.version_info < (3, 11), reason="the documentation of into_fd says so")
def test_an_interrupted_into_fd_gives_a_descriptor_or_leaves_the_lock(
    tmp_path: Path, storm: Callable[[], None]
) -> None:
    before = descriptors()
    got = 0
    for _ in ROUNDS:
        lock = ralph_lock.acquire(tmp_path, "hands over")
        fd = None
        try:
            storm()
            fd = lock.into_fd()
            while True:
                pass
        except Storm:
            pass
        assert ralph_lock.is_locked(tmp_path)
        if fd is None:
            lock.verify()
            lock.release()
        else:
            got += 1
            assert lock.released
            os.close(fd)
        assert not ralph_lock.is_locked(tmp_path)
        assert descriptors() == before
    assert 0 < got < len(ROUNDS)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_an_interrupted_loop_releases(tmp_path: Path, storm: Callable[[], None]) -> None:
    async def main() -> None:
        async with ralph_lock.acquire_async(tmp_path, "is interrupted"):
            await asyncio.sleep(0)
        while True:
            await asyncio.sleep(0)

    for _ in ROUNDS:
        loop = asyncio.new_event_loop()
        program = main()
        task = loop.create_task(program)
        with contextlib.suppress(Storm):
            storm()
            loop.run_until_complete(task)
        # An exception within the loop's own code can leave a task that is never called again, and a loop that takes
        # itself to be running. So the coroutine is ended, in a loop that still turns.
        asyncio._set_running_loop(None)
        loop._thread_id = None  # type: ignore[attr-defined]
        task.cancel()
        loop.set_exception_handler(lambda *_: None)
        for _ in range(5):
            loop.call_soon(loop.stop)
            loop.run_forever()
        with contextlib.suppress(RuntimeError, ValueError):
            program.close()
        loop.close()
        del task, program
        eventually(lambda: not ralph_lock.is_locked(tmp_path))


def test_an_adopted_descriptor_is_closed_when_the_lock_is_used(tmp_path: Path) -> None:
    fd = ralph_lock.acquire(tmp_path, "hands over").into_fd()
    with ralph_lock.adopt(tmp_path, "goes on", fd):
        with pytest.raises(OSError):
            os.fstat(fd)
    # Not if its number now means another file.
    fd = ralph_lock.acquire(tmp_path, "hands over").into_fd()
    lock = ralph_lock.adopt(tmp_path, "goes on", fd)
    with open("/dev/null") as other:
        os.dup2(other.fileno(), fd)
    lock.release()
    os.close(fd)
    assert not ralph_lock.is_locked(tmp_path)


def test_a_collector_releases_no_lock(tmp_path: Path) -> None:
    with pytest.warns(ResourceWarning, match="stays locked until this process ends"):
        ralph_lock.acquire(tmp_path, "is not kept")
    assert ralph_lock.inspect(tmp_path).state is State.HELD

    # It is found again, as one object.
    lock = ralph_lock.held(tmp_path)
    assert lock is not None and not lock.released
    assert ralph_lock.held(str(tmp_path) + "/.") is lock

    # Also in a cycle, and after use.
    lock.verify()
    cycle: list[Any] = [lock]
    cycle.append(cycle)
    del lock, cycle
    with pytest.warns(ResourceWarning):
        gc.collect()
    assert ralph_lock.is_locked(tmp_path)
    again = ralph_lock.held(tmp_path)
    assert again is not None
    with again:
        pass
    assert not ralph_lock.is_locked(tmp_path)
    assert ralph_lock.held(tmp_path) is None
    # No warning, which would be an error.
    del again
    gc.collect()


def test_a_lock_lost_with_an_exception_stays_held(tmp_path: Path) -> None:
    def loses() -> None:
        lock = ralph_lock.acquire(tmp_path, "has a bug")
        lock.verify()
        raise ZeroDivisionError

    with pytest.warns(ResourceWarning):
        with contextlib.suppress(ZeroDivisionError):
            loses()
        gc.collect()
    lock = ralph_lock.held(tmp_path)
    assert lock is not None
    lock.release()


def test_held_is_the_lock_of_this_process(tmp_path: Path, holder: Child) -> None:
    assert ralph_lock.held(tmp_path) is None
    assert ralph_lock.held(tmp_path / "missing") is None
    with ralph_lock.acquire(tmp_path, "deploys", lock_file="build/deploy.lock") as lock:
        assert ralph_lock.held(tmp_path, lock_file="build/./deploy.lock") is lock
        assert ralph_lock.held(tmp_path) is None
    holder.tell()
    assert holder.hear() == "released"
    with ralph_lock.acquire(tmp_path, "runs a cell of a notebook") as lock:
        assert ralph_lock.held(tmp_path) is lock
        assert ralph_lock.held(tmp_path, lock_file=ralph_lock.LOCK_FILE) is lock
        with pytest.raises(ralph_lock.HeldError, match=r"this process itself.*ralph_lock\.held\(root\)"):
            ralph_lock.try_acquire(tmp_path, "runs it again")


def test_a_lock_ends_with_its_outermost_with(tmp_path: Path) -> None:
    lock = ralph_lock.acquire(tmp_path, "is entered twice")
    with lock:
        with lock:
            pass
        assert ralph_lock.is_locked(tmp_path)
        lock.verify()
    assert not ralph_lock.is_locked(tmp_path)


@pytest.mark.parametrize("keeps", ["lock = ", "", "lock = [1]; lock.append(lock); lock[0] = "])
def test_a_lock_that_is_held_at_the_end_of_the_program_is_released(
    tmp_path: Path, child: Callable[..., Child], keeps: str
) -> None:
    process = child(f"{keeps}ralph_lock.acquire(root, 'to the end'); say('held')")
    assert process.hear() == "held"
    assert process.end() == 0
    # A killed process leaves its record, and the state is STALE.
    assert ralph_lock.inspect(tmp_path).state is State.FREE


def test_a_program_can_end_while_a_thread_waits(tmp_path: Path) -> None:
    program = Path(__file__).with_name("waits_to_the_end.py")
    assert subprocess.run([sys.executable, program, tmp_path], check=False).returncode == 0


def test_a_thread_that_would_wait_for_itself_gets_an_error_at_once(
    tmp_path: Path, child: Callable[..., Child]
) -> None:
    with ralph_lock.acquire(tmp_path, "holds"):
        for timeout in (None, -1, 3600):
            begin = time.monotonic()
            with pytest.raises(ralph_lock.DeadlockError, match="this thread .* already") as caught:
                ralph_lock.acquire(str(tmp_path) + "/", "waits for itself", timeout)
            assert time.monotonic() - begin < 60
            assert isinstance(caught.value, ralph_lock.HeldError) and isinstance(caught.value, RuntimeError)
            assert caught.value.holder is not None and caught.value.holder.pid == os.getpid()
        with pytest.raises(ralph_lock.HeldError) as held:
            ralph_lock.acquire(tmp_path, "tries", blocking=False)
        assert not isinstance(held.value, ralph_lock.DeadlockError)
    # In a thread other than the main one.
    program = child(
        """
        def work():
            with ralph_lock.acquire(root, "holds"):
                try:
                    ralph_lock.acquire(root, "waits for itself")
                except ralph_lock.DeadlockError:
                    say("told")
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """
    )
    assert program.hear() == "told"
    assert program.end() == 0
