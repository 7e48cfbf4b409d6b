"""Two coroutines of one thread wait for two locks that another process holds, by asyncio's add_reader.

Usage: asyncio_waiter.py LIBRARY. Exit status 0: each got its lock, once, after its release.
"""

import asyncio
import ctypes
import subprocess
import sys
import tempfile
import threading

OK, ALREADY_LOCKED = 0, 1
Handle = ctypes.c_void_p


def load(path):
    lib = ctypes.CDLL(path)
    text, result = ctypes.c_char_p, ctypes.POINTER(Handle)
    lib.ralph_lock_waiter_new.argtypes = [text, text, Handle, result, result]
    lib.ralph_lock_waiter_step.argtypes = [Handle, result, result, result]
    lib.ralph_lock_waiter_fd.argtypes = [Handle]
    lib.ralph_lock_waiter_free.argtypes = [Handle]
    lib.ralph_lock_waiter_free.restype = None
    lib.ralph_lock_try_acquire.argtypes = [text, text, result, result, result]
    lib.ralph_lock_release.argtypes = [Handle]
    return lib


async def acquire(lib, root, prompt):
    """Waits for the lock of a workspace; returns the guard."""
    waiter, guard = Handle(), Handle()
    status = lib.ralph_lock_waiter_new(root.encode(), prompt.encode(), None, ctypes.byref(waiter), None)
    assert status == OK, status
    loop = asyncio.get_running_loop()
    fd = lib.ralph_lock_waiter_fd(waiter)
    readable = asyncio.Event()
    loop.add_reader(fd, readable.set)
    try:
        while True:
            readable.clear()
            status = lib.ralph_lock_waiter_step(waiter, ctypes.byref(guard), None, None)
            if status != ALREADY_LOCKED:
                assert status == OK, status
                return guard
            await readable.wait()
    finally:
        loop.remove_reader(fd)
        lib.ralph_lock_waiter_free(waiter)


def hold(lib, roots):
    """Holds the locks; releases one for each number read."""
    guards = [Handle() for _ in roots]
    for root, guard in zip(roots, guards):
        assert lib.ralph_lock_try_acquire(root.encode(), b"holder", ctypes.byref(guard), None, None) == OK
    print("held", flush=True)
    for line in sys.stdin:
        assert lib.ralph_lock_release(guards[int(line)]) == OK
        print("released", flush=True)


async def main(library):
    lib = load(library)
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        roots = [first, second]
        command = [sys.executable, __file__, library, *roots]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert holder.stdout.readline() == "held\n"
        waits = [asyncio.create_task(acquire(lib, root, f"waits for {root}")) for root in roots]
        # Lets both begin.
        for _ in range(10):
            await asyncio.sleep(0)
        # The second one first, because neither waits for the other.
        for which in (1, 0):
            assert not waits[which].done()
            holder.stdin.write(f"{which}\n")
            assert holder.stdout.readline() == "released\n"
            guard = await asyncio.wait_for(waits[which], 60)
            assert lib.ralph_lock_release(guard) == OK
        assert threading.active_count() == 1
        holder.stdin.close()
        assert holder.wait() == 0


if len(sys.argv) > 2:
    hold(load(sys.argv[1]), sys.argv[2:])
else:
    asyncio.run(main(sys.argv[1]))
