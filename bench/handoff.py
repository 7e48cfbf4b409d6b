"""A process that holds a lock or waits for it, and obeys letters: ours/handoff.c, or peers/*_waits.*."""

import os
import subprocess
import sys
import tempfile

CORES = sorted(os.sched_getaffinity(0))
TWO_CORES, ONE_CORE, ANY_CORES = (CORES[0], CORES[-1]), (CORES[0], CORES[0]), (None, None)


def move(process, core):
    """Binds a process to a core; None: to all of them."""
    os.sched_setaffinity(process, CORES if core is None else [core])


class Worker:
    """One process that obeys letters, on one core or on any."""

    def __init__(self, command, core=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.core = core
        move(self.process.pid, core)

    def tell(self, letter):
        self.process.stdin.write(letter.encode())

    def answer(self):
        """The moment and the CPU time, in microseconds."""
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended")
        return [int(number) / 1000 for number in line.split()]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def new_root(folder):
    root = tempfile.mkdtemp(dir=folder)
    os.mkdir(os.path.join(root, ".ralph"))
    return root
