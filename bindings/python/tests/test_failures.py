"""Failures that are not refusals, and what they leave behind."""

import errno
import os
import pickle
from pathlib import Path
from typing import Any, Callable

import pytest
import ralph_lock
from conftest import Child, descriptors
from ralph_lock import State, Status


def test_failures_are_os_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        ralph_lock.acquire(tmp_path / "missing", "works")
    error = missing.value
    assert isinstance(error, ralph_lock.LockError)
    assert (error.status, error.errno) == (Status.IO, errno.ENOENT)
    assert error.filename is not None and "missing" in error.filename and "missing" in str(error)

    (tmp_path / ".ralph").mkdir()
    (tmp_path / ralph_lock.LOCK_FILE).symlink_to("elsewhere")
    with pytest.raises(ralph_lock.LockError) as link:
        ralph_lock.acquire(tmp_path, "works")
    assert link.value.errno == errno.ELOOP and link.value.filename == str(tmp_path / ralph_lock.LOCK_FILE)


def test_a_forbidden_file_is_a_permission_error(tmp_path: Path, child: Callable[..., Child]) -> None:
    ralph_lock.acquire(tmp_path, "makes the file").release()
    process = child(
        """
        # Root may write everything.
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        try:
            ralph_lock.acquire(".", "works")
        except PermissionError as error:
            say(f"{isinstance(error, ralph_lock.LockError)} {error.errno}")
        """,
        cwd=tmp_path,
    )
    assert process.hear() == f"True {errno.EACCES}"


def test_a_release_reports_a_record_that_it_cannot_blank(tmp_path: Path) -> None:
    lock = ralph_lock.acquire(tmp_path, "works")
    # Its descriptor becomes read-only.
    (fd,) = [fd for fd in descriptors() if os.path.realpath(f"/proc/self/fd/{fd}") == lock.path]
    with open(lock.path, "rb") as read_only:
        os.dup2(read_only.fileno(), int(fd))
    with pytest.raises(ralph_lock.LockError, match="its record stays in") as caught:
        lock.release()
    assert (caught.value.status, caught.value.errno) == (Status.IO, errno.EINVAL)
    assert caught.value.filename == lock.path
    # The lock is released in this case too.
    lock.release()
    assert ralph_lock.inspect(tmp_path).state is State.STALE


def test_a_descriptor_that_is_another_files_is_left_alone(tmp_path: Path) -> None:
    lock = ralph_lock.acquire(tmp_path, "works")
    (fd,) = [fd for fd in descriptors() if os.path.realpath(f"/proc/self/fd/{fd}") == lock.path]
    with open(tmp_path / "file", "w+") as file:
        os.dup2(file.fileno(), int(fd))
        with pytest.raises(ralph_lock.LostError):
            lock.release()
        os.fstat(int(fd))
    os.close(int(fd))


def test_errors_can_be_sent_to_another_process(tmp_path: Path, holder: Child) -> None:
    token = ralph_lock.CancelToken()
    token.trigger()
    calls: list[Callable[[], Any]] = [
        lambda: ralph_lock.try_acquire(tmp_path, "held"),
        lambda: ralph_lock.acquire(tmp_path, "timed out", 0.01),
        lambda: ralph_lock.acquire(tmp_path, "cancelled", cancel=token),
        lambda: ralph_lock.acquire(tmp_path / "missing", "failed"),
        lambda: ralph_lock.acquire(tmp_path, "failed", lock_file="."),
    ]
    for call in calls:
        with pytest.raises(Exception) as caught:
            call()
        error, copied = caught.value, pickle.loads(pickle.dumps(caught.value))
        assert type(copied) is type(error) and str(copied) == str(error)
        for attribute in ("status", "holder", "path", "errno", "filename"):
            assert getattr(copied, attribute, None) == getattr(error, attribute, None)


def test_refusals_and_failures_leave_no_descriptor(tmp_path: Path, holder: Child) -> None:
    def refused(**arguments: Any) -> None:
        with pytest.raises((ralph_lock.HeldError, ralph_lock.LockError)):
            ralph_lock.acquire(**{"root": tmp_path, "prompt": "works", **arguments})

    refused(timeout=0.01)
    before = descriptors()
    for _ in range(3):
        refused(timeout=0)
        refused(timeout=0.01)
        refused(root=tmp_path / "missing")
    ralph_lock.CancelToken().trigger()
    assert descriptors() == before
