"""A program that ends while a thread waits for the lock, and so releases it. The thread takes it, and returns to an
interpreter that ends every thread."""

import sys
import threading
import time
from pathlib import Path

import ralph_lock


class Last:
    """Dropped after the lock is released: keeps the process until the thread no longer runs."""

    def __init__(self, thread: threading.Thread) -> None:
        self.run_time = Path(f"/proc/self/task/{thread.native_id}/schedstat")
        self.sleep = time.sleep

    def until_it_sleeps(self) -> None:
        before = now = None
        while now is None or now != before:
            self.sleep(0.05)
            before, now = now, self.run_time.read_bytes()

    def __del__(self) -> None:
        self.until_it_sleeps()


root = sys.argv[1]
lock = ralph_lock.acquire(root, "holds")
thread = threading.Thread(target=ralph_lock.acquire, args=(root, "waits"), daemon=True)
thread.start()
last = Last(thread)
last.until_it_sleeps()
