"""The Python package, measured: `package.py ROOT`, see worker.h."""

import os
import sys

import ralph_lock

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
from worker import obey

root = sys.argv[1]
held = None


def take():
    global held
    held = ralph_lock.try_acquire(root, "benchmark")


def release():
    held.release()


def pair():
    with ralph_lock.try_acquire(root, "benchmark"):
        pass


def refused():
    try:
        ralph_lock.try_acquire(root, "benchmark")
    except ralph_lock.HeldError as error:
        if error.holder.pid:
            return
    sys.exit("no holder")


def record():
    if not ralph_lock.read_existing(root).pid:
        sys.exit("no holder")


obey(pair=pair, take=take, release=release, refused=refused, record=record, locked=lambda: ralph_lock.is_locked(root))
