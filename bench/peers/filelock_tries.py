"""filelock from PyPI, measured: `filelock_tries.py ROOT`, see worker.h."""

import os
import sys

from filelock import FileLock, Timeout

from worker import obey

path = os.path.join(sys.argv[1], "filelock")
held = None


def pair():
    with FileLock(path, timeout=0):
        pass


def take():
    global held
    held = FileLock(path, timeout=0)
    held.acquire()


def refused():
    try:
        FileLock(path, timeout=0).acquire()
    except Timeout:
        return
    sys.exit("it was free")


obey(pair=pair, take=take, release=lambda: held.release(), refused=refused)
