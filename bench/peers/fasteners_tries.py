"""fasteners from PyPI, measured: `fasteners_tries.py ROOT`, see worker.h."""

import os
import sys

import fasteners

from worker import obey

path = os.path.join(sys.argv[1], "fasteners")
held = None


def take():
    global held
    held = fasteners.InterProcessLock(path)
    if not held.acquire(blocking=False):
        sys.exit("it is locked")


def release():
    held.release()


def pair():
    take()
    release()


def refused():
    if fasteners.InterProcessLock(path).acquire(blocking=False):
        sys.exit("it was free")


obey(pair=pair, take=take, release=release, refused=refused)
