"""filelock from PyPI as one process of the benchmark of waiting; the letters are those of handoff.c."""

import os
import sys
import time

from filelock import FileLock

lock = FileLock(os.path.join(sys.argv[1], "filelock"))
while letter := os.read(0, 1):
    if letter in b"ap":
        cpu = time.process_time_ns()
        lock.acquire()
        moment = time.monotonic_ns()
        cpu = time.process_time_ns() - cpu
        if letter == b"p":
            lock.release()
    else:
        cpu, moment = 0, time.monotonic_ns()
        lock.release()
    os.write(1, b"%d %d\n" % (moment, cpu))
