"""A user's program for type checkers: bindings/python/test runs mypy and pyright on it."""

import asyncio
from pathlib import Path
from typing import Optional

import ralph_lock


def work(root: Path) -> Optional[int]:
    try:
        with ralph_lock.acquire(root, "works", timeout=60, blocking=True, lock_file="deploy.lock") as lock:
            lock.verify()
            lock.restore()
            previous: Optional[ralph_lock.Holder] = lock.previous()
            return previous.local_pid if previous else lock.into_fd()
    except ralph_lock.TimedOutError as error:
        holder = error.holder
        return holder.pid if holder is not None else None
    except ralph_lock.LockError as error:
        return error.errno


async def wait(root: str) -> str:
    lock: ralph_lock.Lock = await asyncio.wait_for(ralph_lock.acquire_async(root, "waits"), 60)
    lock.release()
    task = asyncio.create_task(ralph_lock.acquire_async(root, "waits", -1))
    (await task).release()
    async with ralph_lock.acquire_async(root, "waits", 1.5) as held:
        return held.path


def ask(root: bytes) -> list[int]:
    state, holder = ralph_lock.inspect(ralph_lock.find_root(root))
    if state is ralph_lock.State.HELD and holder is not None and holder.liveness is ralph_lock.Liveness.LIVE:
        print(holder.summary, holder.started.isoformat(), holder)
    lock: Optional[ralph_lock.Lock] = ralph_lock.held(root)
    return [] if lock else ralph_lock.find_keepers(root, lock_file=b"deploy.lock")
