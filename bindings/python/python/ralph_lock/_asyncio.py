"""Waiting in asyncio's event loop."""

import asyncio
from collections.abc import Coroutine, Generator
from ctypes import byref
from types import TracebackType
from typing import Any, Optional

from ._arguments import Deadline, Path, new_options, path_bytes, prompt_bytes, set_timeout
from ._constants import Status
from ._errors import call
from ._library import lib, owned
from ._lock import Lock, acquire, take


def acquire_async(
    root: Path, prompt: str, timeout: Optional[float] = None, *, lock_file: Optional[Path] = None
) -> "Acquisition":
    """Takes the workspace's lock without blocking the event loop, and without a thread. The parameters and the
    exceptions are those of `acquire`:

        async with ralph_lock.acquire_async(root, prompt, timeout=60) as lock: ...
        lock = await ralph_lock.acquire_async(root, prompt)

    To cancel the task ends the wait and leaves nothing behind. It needs a loop with `add_reader`, and Linux:
    elsewhere UnsupportedPlatformError, a NotImplementedError, says so. There, call `acquire` in a thread, with a
    CancelToken.
    """
    return Acquisition(_acquire(root, prompt, timeout, lock_file))


class Acquisition(Coroutine[Any, Any, Lock]):
    """A coroutine that gives a Lock. As an `async with` it holds the lock, and releases it."""

    def __init__(self, wait: Coroutine[Any, Any, Lock]) -> None:
        self._wait = wait
        self._lock: Optional[Lock] = None

    async def __aenter__(self) -> Lock:
        self._lock = await self._wait
        return self._lock

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        assert self._lock is not None
        self._lock.release()

    def __await__(self) -> Generator[Any, Any, Lock]:
        return self._wait.__await__()

    def send(self, value: Any) -> Any:
        return self._wait.send(value)

    def throw(self, *error: Any) -> Any:
        return self._wait.throw(*error)

    def close(self) -> None:
        self._wait.close()


async def _acquire(root: Path, prompt: str, timeout: Optional[float], lock_file: Optional[Path]) -> Lock:
    deadline = Deadline(timeout)
    if deadline.tries_once:
        return acquire(root, prompt, 0, lock_file=lock_file)
    where, what = path_bytes(root), prompt_bytes(prompt)
    with new_options(lock_file) as options, owned(lib.ralph_lock_waiter_free) as waiter:
        set_timeout(options, deadline.left_ms())
        call(lib.ralph_lock_waiter_new, where, what, options, byref(waiter))
        fd = lib.ralph_lock_waiter_fd(waiter)
        while True:
            # Between the step that gets the lock and the return of it a task cannot be cancelled.
            lock = take(lib.ralph_lock_waiter_step, waiter, not_yet=Status.ALREADY_LOCKED)
            if lock is not None:
                return lock
            await _readable(fd)


async def _readable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(fd, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(fd)
