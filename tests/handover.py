"""A process hands a lock that it holds to a child that subprocess starts, and ends; the child is the holder then.

Usage: handover.py LIBRARY. Exit status 0: nobody could take the lock meanwhile, and the child freed it.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import threading

OK, ALREADY_LOCKED, LIVE = 0, 1, 1
Handle = ctypes.c_void_p


def load(path):
    lib = ctypes.CDLL(path)
    text, result = ctypes.c_char_p, ctypes.POINTER(Handle)
    lib.ralph_lock_try_acquire.argtypes = [text, text, result, result, result]
    lib.ralph_lock_guard_into_fd.argtypes = [Handle, ctypes.POINTER(ctypes.c_int32), result]
    lib.ralph_lock_adopt_fd.argtypes = [text, text, Handle, ctypes.c_int32, result, result]
    lib.ralph_lock_release.argtypes = [Handle]
    lib.ralph_lock_metadata_pid.argtypes = [Handle]
    lib.ralph_lock_metadata_pid.restype = ctypes.c_uint32
    lib.ralph_lock_metadata_prompt.argtypes = [Handle]
    lib.ralph_lock_metadata_prompt.restype = text
    lib.ralph_lock_metadata_liveness.argtypes = [Handle]
    lib.ralph_lock_metadata_free.argtypes = [Handle]
    lib.ralph_lock_metadata_free.restype = None
    return lib


def try_acquire(lib, root, prompt):
    """Gives the status, the guard, and who holds the lock: process, prompt and liveness."""
    guard, holder = Handle(), Handle()
    status = lib.ralph_lock_try_acquire(root.encode(), prompt.encode(), ctypes.byref(guard), ctypes.byref(holder), None)
    who = (
        lib.ralph_lock_metadata_pid(holder),
        lib.ralph_lock_metadata_prompt(holder),
        lib.ralph_lock_metadata_liveness(holder),
    )
    lib.ralph_lock_metadata_free(holder)
    return status, guard, who


def parent(lib, library, root):
    """Takes the lock, starts the child with it as soon as it is told to, and ends."""
    status, guard, _ = try_acquire(lib, root, "parent")
    assert status == OK, status
    print("held", flush=True)
    os.read(0, 1)
    fd = ctypes.c_int32()
    assert lib.ralph_lock_guard_into_fd(guard, ctypes.byref(fd), None) == OK
    subprocess.Popen([sys.executable, __file__, library, "child", root, str(fd.value)], pass_fds=[fd.value])
    os.close(fd.value)


def child(lib, root, fd):
    """Adopts the lock once its parent has ended, and frees it when it is told to."""
    print(os.getpid(), flush=True)
    os.read(0, 1)
    guard = Handle()
    assert lib.ralph_lock_adopt_fd(root.encode(), b"child", None, fd, ctypes.byref(guard), None) == OK
    print("adopted", flush=True)
    os.read(0, 1)
    assert lib.ralph_lock_release(guard) == OK
    print("released", flush=True)


def main(library):
    lib = load(library)
    with tempfile.TemporaryDirectory() as root:
        command = [sys.executable, __file__, library, "parent", root]
        family = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert family.stdout.readline() == b"held\n"
        over, answers = threading.Event(), set()

        def contend():
            while not over.is_set():
                status, guard, _ = try_acquire(lib, root, "contender")
                answers.add(status)

        contender = threading.Thread(target=contend)
        contender.start()
        try:
            family.stdin.write(b"g")
            assert family.wait() == 0
            heir = int(family.stdout.readline())
            assert try_acquire(lib, root, "try")[0] == ALREADY_LOCKED
            family.stdin.write(b"a")
            assert family.stdout.readline() == b"adopted\n"
            assert heir != family.pid
            status, _, holder = try_acquire(lib, root, "try")
            assert (status, holder) == (ALREADY_LOCKED, (heir, b"child", LIVE)), (status, holder)
        finally:
            over.set()
            contender.join()
        assert answers == {ALREADY_LOCKED}, answers
        family.stdin.write(b"r")
        assert family.stdout.readline() == b"released\n"
        status, guard, _ = try_acquire(lib, root, "after all")
        assert status == OK, status
        assert lib.ralph_lock_release(guard) == OK


if len(sys.argv) == 2:
    main(sys.argv[1])
elif sys.argv[2] == "parent":
    parent(load(sys.argv[1]), sys.argv[1], sys.argv[3])
else:
    child(load(sys.argv[1]), sys.argv[3], int(sys.argv[4]))
