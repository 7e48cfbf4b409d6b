"""Locks as descriptors."""

import os
import shutil
from pathlib import Path
from typing import Callable

import pytest
import ralph_lock
from conftest import Child
from ralph_lock import State


def test_a_child_adopts_the_lock(tmp_path: Path, child: Callable[..., Child]) -> None:
    fd = ralph_lock.acquire(tmp_path, "parent").into_fd()
    heir = child(
        """
        hear()
        with ralph_lock.adopt(root, "child", int(sys.argv[2])) as lock:
            say(lock.path)
            hear()
        say("released")
        """,
        pass_fds=[fd],
        arguments=[str(fd)],
    )
    os.close(fd)
    record = ralph_lock.inspect(tmp_path)
    assert record.state is State.HELD and record.holder is not None and record.holder.pid == os.getpid()
    heir.tell()
    assert heir.hear() == str(tmp_path / ralph_lock.LOCK_FILE)
    record = ralph_lock.inspect(tmp_path)
    assert record.holder is not None
    assert (record.holder.pid, record.holder.prompt) == (heir.pid, "child")
    heir.tell()
    assert heir.hear() == "released"
    assert not ralph_lock.is_locked(tmp_path)


def test_a_second_into_fd_leaves_the_callers_descriptors_alone(tmp_path: Path) -> None:
    lock = ralph_lock.acquire(tmp_path, "hands over")
    fd = lock.into_fd()
    with open(tmp_path / "file", "w") as file:
        os.dup2(file.fileno(), fd)
    with pytest.raises(ValueError, match="released"):
        lock.into_fd()
    os.fstat(fd)
    os.close(fd)

    lock = ralph_lock.acquire(tmp_path, "hands over")
    fd = lock.into_fd()
    with pytest.raises(ValueError, match="released"):
        lock.into_fd()
    assert lock.released
    os.close(fd)
    assert not ralph_lock.is_locked(tmp_path)


def test_a_descriptor_that_cannot_be_adopted_stays_the_callers(tmp_path: Path, holder: Child) -> None:
    with open(tmp_path / "file", "w+b") as other:
        with pytest.raises(ValueError):
            ralph_lock.adopt(tmp_path, "another file", other.fileno())
        os.fstat(other.fileno())
    with open(tmp_path / ralph_lock.LOCK_FILE, "r+b") as file:
        with pytest.raises(ralph_lock.HeldError):
            ralph_lock.adopt(tmp_path, "held through another descriptor", file.fileno())
        shutil.rmtree(tmp_path / ".ralph")
        with pytest.raises(ralph_lock.LostError):
            ralph_lock.adopt(tmp_path, "a file that is gone", file.fileno())
