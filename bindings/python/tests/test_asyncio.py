"""Waiting in asyncio's event loop."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import Child, descriptors

import ralph_lock
from ralph_lock import Status, _library


def run(main: "Coroutine[Any, Any, None]") -> None:
    asyncio.run(main)
    # No thread, of whatever kind.
    assert threading.active_count() == 1


async def begun(task: "asyncio.Task[Any]") -> None:
    """Returns when the task waits for its descriptor, after its first step."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()


def test_tasks_wait_side_by_side(tmp_path: Path) -> None:
    async def main() -> None:
        roots = [tmp_path / str(number) for number in range(3)]
        locks = []
        for root in roots:
            root.mkdir()
            locks.append(await ralph_lock.acquire_async(root, "first"))
        threads = len(os.listdir("/proc/self/task"))
        tasks = [asyncio.create_task(ralph_lock.acquire_async(root, "second", 60)) for root in roots]
        for task in tasks:
            await begun(task)
        # The last one first, so that none waits behind another.
        for task, lock in reversed(list(zip(tasks, locks))):
            assert not task.done()
            lock.release()
            (await task).release()
        assert len(os.listdir("/proc/self/task")) == threads

    run(main())


def test_another_process_is_waited_for(tmp_path: Path, holder: Child) -> None:
    async def main() -> None:
        task = asyncio.create_task(ralph_lock.acquire_async(tmp_path, "waits"))
        await begun(task)
        holder.tell()
        (await task).release()

    run(main())


def test_async_with_holds_and_releases(tmp_path: Path) -> None:
    async def main() -> None:
        async with ralph_lock.acquire_async(tmp_path, "works", lock_file="other") as lock:
            assert lock.path == str(tmp_path / "other")
            with pytest.raises(ralph_lock.HeldError):
                ralph_lock.try_acquire(tmp_path, "is refused", lock_file="other")
        ralph_lock.try_acquire(tmp_path, "is next", lock_file="other").release()
        with pytest.raises(ZeroDivisionError):
            async with ralph_lock.acquire_async(tmp_path, "fails"):
                raise ZeroDivisionError
        assert not ralph_lock.is_locked(tmp_path)

    run(main())


def test_its_errors_are_those_of_acquire(tmp_path: Path, holder: Child) -> None:
    async def main() -> None:
        with pytest.raises(ralph_lock.TimedOutError) as timed_out:
            await ralph_lock.acquire_async(tmp_path, "waits", 0.01)
        assert timed_out.value.holder is not None and timed_out.value.holder.pid == holder.pid
        with pytest.raises(ralph_lock.HeldError) as held:
            await ralph_lock.acquire_async(tmp_path, "tries", 0)
        assert held.value.status is Status.ALREADY_LOCKED
        with pytest.raises(FileNotFoundError):
            await ralph_lock.acquire_async(tmp_path / "missing", "works")
        for arguments in ({"timeout": -1}, {"prompt": "a\0b"}, {"lock_file": "../a"}):
            with pytest.raises(ValueError):
                await ralph_lock.acquire_async(**{"root": tmp_path, "prompt": "works", **arguments})  # type: ignore

    run(main())


def test_a_cancelled_wait_leaves_nothing_behind(tmp_path: Path, holder: Child) -> None:
    async def main() -> None:
        async def cancelled(task: "asyncio.Task[Any]") -> None:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        async def once() -> None:
            task = asyncio.create_task(ralph_lock.acquire_async(tmp_path, "is cancelled", 3600))
            await begun(task)
            await cancelled(task)
            # Before its first step.
            await cancelled(asyncio.create_task(ralph_lock.acquire_async(tmp_path, "is cancelled")))
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(ralph_lock.acquire_async(tmp_path, "is cancelled"), 0.01)

        await once()
        before = descriptors()
        await once()
        assert descriptors() == before
        assert ralph_lock.find_keepers(tmp_path) == [holder.pid]

    run(main())


def test_cancelled_in_the_instant_the_lock_is_free(tmp_path: Path) -> None:
    """At whichever turn of the loop the cancellation comes: either the task has the lock, or nobody."""

    async def main() -> None:
        outcomes = set()
        for turns in range(6):
            lock = await ralph_lock.acquire_async(tmp_path, "first")
            task = asyncio.create_task(ralph_lock.acquire_async(tmp_path, "second"))
            await begun(task)
            lock.release()
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            try:
                (await task).release()
                outcomes.add("lock")
            except asyncio.CancelledError:
                outcomes.add("cancelled")
            assert not ralph_lock.is_locked(tmp_path)
        assert outcomes == {"lock", "cancelled"}

    run(main())


def test_a_step_is_taken_only_when_there_is_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0
    real = _library.lib.ralph_lock_waiter_step

    def step(*arguments: Any) -> int:
        nonlocal steps
        steps += 1
        return int(real(*arguments))

    async def main() -> None:
        with ralph_lock.acquire(tmp_path, "first"):
            task = asyncio.create_task(ralph_lock.acquire_async(tmp_path, "second"))
            await begun(task)
            before = steps
            for _ in range(1000):
                await asyncio.sleep(0)
            # Besides events, it may look again once a second.
            assert steps - before < 10
        (await task).release()

    with monkeypatch.context() as patched:
        patched.setattr(_library.lib, "ralph_lock_waiter_step", step)
        run(main())
    assert steps > 1


def test_where_there_is_no_waiter_it_is_not_implemented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: Any) -> int:
        return Status.UNSUPPORTED_PLATFORM

    async def main() -> None:
        with pytest.raises(NotImplementedError):
            await ralph_lock.acquire_async(tmp_path, "works")

    with monkeypatch.context() as patched:
        patched.setattr(_library.lib, "ralph_lock_waiter_new", lacking)
        run(main())


def test_ctrl_c_ends_the_loop(holder: Child, child: Callable[..., Child]) -> None:
    waiter = child(
        """
        say("waits")
        try:
            asyncio.run(ralph_lock.acquire_async(root, "waits"))
        except KeyboardInterrupt:
            say("interrupted")
        """
    )
    assert waiter.hear() == "waits"
    waiter.signal(2)
    assert waiter.hear() == "interrupted"
