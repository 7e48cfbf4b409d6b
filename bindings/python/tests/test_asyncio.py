"""Waits in asyncio's event loop."""

import asyncio
import concurrent.futures
import gc
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Callable

import pytest
import ralph_lock
from conftest import Child, descriptors, eventually
from ralph_lock import Status


def run(main: "Coroutine[Any, Any, None]") -> None:
    global idle
    idle = threads()
    asyncio.run(main)
    # The threads of the calls are not Python's.
    assert threading.active_count() == 1


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


idle = 0


def calls() -> int:
    """How many threads run a call of the library at this moment."""
    global idle
    now = threads()
    # It may have counted a call of the previous test.
    idle = min(idle, now)
    return now - idle


async def begun(*tasks: "asyncio.Task[Any]") -> None:
    """Returns when each of the tasks waits for an event, and no call is in progress."""
    selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]

    def waiters() -> int:
        return sum("eventpoll" in os.readlink(f"/proc/self/fd/{fd}") for fd in selector.get_map())

    while waiters() < len(tasks):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def turns(number: int) -> None:
    """Runs that many turns of the loop."""
    for _ in range(number):
        await asyncio.sleep(0)


def test_tasks_wait_side_by_side(tmp_path: Path) -> None:
    async def main() -> None:
        roots = [tmp_path / str(number) for number in range(3)]
        locks = []
        for root in roots:
            root.mkdir()
            locks.append(await ralph_lock.acquire_async(root, "first"))
        tasks = [asyncio.create_task(ralph_lock.acquire_async(root, "second", 60)) for root in roots]
        await begun(*tasks)
        # The last one first, because none waits for another.
        for task, lock in reversed(list(zip(tasks, locks))):
            assert not task.done()
            lock.release()
            (await task).release()

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


def test_acquire_async_raises_the_errors_of_acquire(tmp_path: Path, holder: Child) -> None:
    async def main() -> None:
        with pytest.raises(ralph_lock.TimedOutError) as timed_out:
            await ralph_lock.acquire_async(tmp_path, "waits", 0.01)
        assert timed_out.value.holder is not None and timed_out.value.holder.pid == holder.pid
        with pytest.raises(ralph_lock.HeldError) as held:
            await ralph_lock.acquire_async(tmp_path, "tries", 0)
        assert held.value.status is Status.ALREADY_LOCKED
        with pytest.raises(FileNotFoundError):
            await ralph_lock.acquire_async(tmp_path / "missing", "works")
        for arguments in ({"timeout": -2}, {"prompt": "a\0b"}, {"lock_file": "../a"}):
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
        gc.collect()
        eventually(lambda: not calls())
        before = descriptors()
        await once()
        gc.collect()
        eventually(lambda: len(descriptors()) <= len(before))
        assert ralph_lock.find_keepers(tmp_path) == [holder.pid]

    run(main())


def test_a_cancelled_task_has_the_lock_or_the_lock_is_free(tmp_path: Path) -> None:
    """The cancellation comes at each turn of the loop after a release."""

    async def main() -> None:
        outcomes = set()
        for number in range(12):
            lock = await ralph_lock.acquire_async(tmp_path, "first")
            task = asyncio.create_task(ralph_lock.acquire_async(tmp_path, "second"))
            await begun(task)
            lock.release()
            if number < 6:
                await turns(number)
            else:
                # The call that takes the lock has ended, and the loop has not been told yet.
                while not calls() and not task.done():
                    await asyncio.sleep(0)
                eventually(lambda: not calls())
                await turns(number - 6)
            task.cancel()
            try:
                (await task).release()
                outcomes.add("lock")
            except asyncio.CancelledError:
                outcomes.add("cancelled")
            eventually(lambda: not ralph_lock.is_locked(tmp_path))
        assert "cancelled" in outcomes

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


def test_a_stalled_file_system_blocks_neither_the_loop_nor_other_locks(
    tmp_path: Path, child: Callable[..., Child]
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "stalled").mkdir()
    program = child(
        """
        import ctypes
        other = os.path.join(root, "other")
        root = os.path.join(root, "stalled")
        # A file system whose server never answers: every access blocks.
        fuse = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
        assert ctypes.CDLL(None).mount(b"fuse", root.encode(), b"fuse", 6, options) == 0

        async def main():
            forever = asyncio.create_task(ralph_lock.acquire_async(root, "never"))
            limited = asyncio.create_task(ralph_lock.acquire_async(root, "not long", 0.01))
            once = asyncio.create_task(ralph_lock.acquire_async(root, "tries", 0))
            for _ in range(10):
                async with ralph_lock.acquire_async(other, "works"):
                    await asyncio.sleep(0)
            say(f"works {forever.done()} {limited.done()} {once.done()}")
            try:
                await limited
            except ralph_lock.TimedOutError as error:
                say(f"{error.holder} {'does not answer' in str(error)}")
            for task in forever, once:
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    say("cancelled")

        asyncio.run(main())
        say("ended")
        """,
        prefix=["unshare", "--user", "--map-root-user", "--mount"],
    )
    assert [program.hear() for _ in range(5)] == [
        "works False False False",
        "None True",
        "cancelled",
        "cancelled",
        "ended",
    ]
    assert program.end() == 0


def test_the_end_of_an_async_with_does_not_wait_for_a_release_in_the_loop(tmp_path: Path) -> None:
    """The release runs in a thread: the loop runs meanwhile, and gets the result."""

    async def main() -> None:
        acquisition = ralph_lock.acquire_async(tmp_path, "works")
        lock = await acquisition.__aenter__()
        end = acquisition.__aexit__(None, None, None)
        assert lock.released
        await end
        assert not ralph_lock.is_locked(tmp_path)
        # A second end, or one after an explicit release, does nothing.
        await acquisition.__aexit__(None, None, None)

    run(main())


def test_an_async_with_releases_without_a_free_descriptor(child: Callable[..., Child]) -> None:
    program = child(
        """
        import resource

        async def main():
            limits = resource.getrlimit(resource.RLIMIT_NOFILE)
            async with ralph_lock.acquire_async(root, "works") as lock:
                resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            say(f"{lock.released} {ralph_lock.is_locked(root)}")

        asyncio.run(main())
        """
    )
    assert program.hear() == "True False"


def test_a_task_that_would_wait_for_itself_gets_an_error_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with ralph_lock.acquire_async(tmp_path, "holds"):
            with pytest.raises(ralph_lock.DeadlockError, match="this task or thread .* already"):
                await ralph_lock.acquire_async(tmp_path, "waits for itself")
            # A call that blocks the loop blocks every task that could release the lock.
            with pytest.raises(ralph_lock.DeadlockError):
                ralph_lock.acquire(tmp_path, "waits for itself")
            with pytest.raises(ralph_lock.HeldError) as held:
                await ralph_lock.acquire_async(tmp_path, "tries", blocking=False)
            assert type(held.value) is ralph_lock.HeldError

    run(main())
    with ralph_lock.acquire(tmp_path, "holds outside of the loop"):
        with pytest.raises(ralph_lock.DeadlockError):
            asyncio.run(ralph_lock.acquire_async(tmp_path, "waits for itself"))


def test_a_task_may_wait_for_another_task_of_its_thread(tmp_path: Path) -> None:
    async def main() -> None:
        async with ralph_lock.acquire_async(tmp_path, "holds"):
            lock = ralph_lock.acquire(tmp_path, "holds", lock_file="other")
            waits = [
                asyncio.create_task(ralph_lock.acquire_async(tmp_path, "waits")),
                asyncio.create_task(ralph_lock.acquire_async(tmp_path, "waits", -1, lock_file="other")),
            ]
            await begun(*waits)
            lock.release()
            (await waits[1]).release()
        (await waits[0]).release()

    run(main())


def test_locks_that_threads_of_a_pool_took_are_no_deadlock(tmp_path: Path) -> None:
    """Each thread takes the lock for a task, and then waits for it on behalf of the next one."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            lock = await loop.run_in_executor(pool, ralph_lock.acquire, tmp_path, "first")
            wait = loop.run_in_executor(pool, ralph_lock.acquire, tmp_path, "second", 60)
            lock.release()
            (await wait).release()

    asyncio.run(main())


def test_a_hundred_waits_end_one_after_the_other(tmp_path: Path) -> None:
    async def main() -> None:
        order: list[int] = []

        async def one(number: int) -> None:
            async with ralph_lock.acquire_async(tmp_path, str(number)):
                order.append(number)

        async with ralph_lock.acquire_async(tmp_path, "first"):
            tasks = [asyncio.create_task(one(number)) for number in range(100)]
            await begun(*tasks)
        await asyncio.gather(*tasks)
        assert sorted(order) == list(range(100))

    run(main())
