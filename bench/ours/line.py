"""Many waits of the Python package for one lock: `line.py asyncio|threads COUNT ROOT`, see line.c."""

import asyncio
import resource
import sys
import threading
import time

import ralph_lock

kind, count, root = sys.argv[1], int(sys.argv[2]), sys.argv[3]
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


async def wait():
    async with ralph_lock.acquire_async(root, "benchmark"):
        await asyncio.sleep(0)


async def loop(held):
    waits = [asyncio.create_task(wait()) for _ in range(count)]
    await asyncio.sleep(0)
    held.release()
    await asyncio.gather(*waits)


def wait_in_thread():
    with ralph_lock.acquire(root, "benchmark"):
        time.sleep(0)


def threads(held):
    threading.stack_size(256 << 10)
    waits = [threading.Thread(target=wait_in_thread) for _ in range(count)]
    for wait in waits:
        wait.start()
    held.release()
    for wait in waits:
        wait.join()


held = ralph_lock.try_acquire(root, "benchmark")
begin = time.perf_counter_ns()
if kind == "threads":
    threads(held)
else:
    asyncio.run(loop(held))
print(time.perf_counter_ns() - begin)
