"""Waiting in asyncio's event loop."""

from __future__ import annotations

from ._native import Acquisition, Attempt

__all__ = ["Acquisition", "acquire_async"]

# For type checkers. At run time `typing` is not imported, because that is slow.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from ._native import Lock
    from ._native import _Path as Path

#: Seconds beyond the timeout to wait for a file system that does not answer.
_GRACE = 1.0


def acquire_async(
    root: Path,
    prompt: str,
    timeout: float | None = None,
    *,
    blocking: bool = True,
    lock_file: Path | None = None,
) -> Acquisition:
    """Takes the workspace's lock without blocking the event loop, not even while a file system stalls. The
    parameters and the exceptions are those of `acquire`:

        async with ralph_lock.acquire_async(root, prompt, timeout=60) as lock: ...
        lock = await ralph_lock.acquire_async(root, prompt)

    Cancelling the task ends the wait and leaves nothing behind. The end of the `async with` releases without
    blocking too; for a lock that was awaited, `await asyncio.to_thread(lock.release)` does.

    A wait sleeps in the loop; a thread runs only during the short calls that take and release the lock. It needs a
    loop with `add_reader`, and a system with epoll or kqueue. Elsewhere it raises UnsupportedPlatformError, a
    NotImplementedError: there, call `acquire` in a thread, with a CancelToken.

    DeadlockError: this task holds the lock itself.
    """
    attempt = Attempt(root, prompt, timeout, blocking=blocking, lock_file=lock_file)
    return Acquisition(attempt, _acquire(attempt))


# A lock that Ctrl-C drops between `attempt.result` and the caller is released: see lock.rs.
async def _acquire(attempt: Attempt) -> Lock:
    import asyncio

    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    end = None if attempt.timeout is None else loop.time() + attempt.timeout + _GRACE
    try:
        fd = attempt.start()
        while fd >= 0:
            if not await _readable(loop, fd, end):
                raise attempt.unanswered()
            fd = attempt.proceed(task)
        return attempt.result(task)
    finally:
        attempt.abandon()


async def released(attempt: Attempt, fd: int) -> None:
    """Waits for the release that has begun: the result of `Acquisition.__aexit__`."""
    import asyncio

    if fd >= 0:
        await _readable(asyncio.get_running_loop(), fd, None)
        attempt.released()


async def _readable(loop: asyncio.AbstractEventLoop, fd: int, end: float | None) -> bool:
    """Waits until the descriptor is readable; False: the time is over."""
    readable: asyncio.Future[bool] = loop.create_future()

    def settle(result: bool) -> None:
        if not readable.done():
            readable.set_result(result)

    timer = None if end is None else loop.call_at(end, settle, False)
    loop.add_reader(fd, settle, True)
    try:
        return await readable
    finally:
        loop.remove_reader(fd)
        if timer is not None:
            timer.cancel()
