"""portalocker from PyPI, measured: `portalocker_tries.py lock|pid ROOT`, see worker.h. `pid` is its PidFileLock,
which names the holder by its pid."""

import os
import sys

import portalocker

from worker import obey

kind, root = sys.argv[1:]
path = os.path.join(root, "portalocker")
held = None


def lock():
    if kind == "pid":
        return portalocker.PidFileLock(path)
    return portalocker.Lock(path, timeout=0, fail_when_locked=True)


def take():
    global held
    held = lock()
    held.acquire()


def release():
    held.release()


def pair():
    take()
    release()


def refused():
    one = lock()
    try:
        one.acquire()
    except portalocker.LockException:
        if kind == "pid" and not one.read_pid():
            sys.exit("no holder is named")
        return
    sys.exit("it was free")


obey(pair=pair, take=take, release=release, refused=refused)
