"""The documentation's advice for gevent."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("gevent")

PROGRAM = """
import sys
import gevent
import ralph_lock

root = sys.argv[1]

def take(prompt):
    return gevent.get_hub().threadpool.apply(ralph_lock.acquire, (root, prompt, 60))

first = take("first")
second = gevent.spawn(take, "second")
turns = 0
while turns < 100:
    gevent.sleep(0)
    turns += 1
assert not second.ready()
first.release()
second.get().release()
print(turns)
"""


def test_greenlets_run_while_one_waits_in_the_threadpool(tmp_path: Path) -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM, tmp_path], capture_output=True, text=True, timeout=60)
    assert result.stdout == "100\n", result.stderr
