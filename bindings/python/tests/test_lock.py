"""Taking and releasing the lock."""

import copy
import fcntl
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Optional

import pytest
import ralph_lock
from conftest import Child
from ralph_lock import Liveness, Relation, State, Status


def test_a_refusal_names_the_holder(tmp_path: Path, holder: Child) -> None:
    with pytest.raises(ralph_lock.HeldError) as caught:
        ralph_lock.try_acquire(tmp_path, "next")
    error = caught.value
    assert error.status is Status.ALREADY_LOCKED
    assert error.path == str(tmp_path / ralph_lock.LOCK_FILE)
    assert str(error.path) in str(error) and str(holder.pid) in str(error)
    assert not isinstance(error, OSError)

    named = error.holder
    assert named is not None
    assert (named.pid, named.prompt, named.host) == (holder.pid, "the holder's task", os.uname().nodename)
    assert (named.liveness, named.relation) == (Liveness.LIVE, Relation.OTHER)
    assert abs((datetime.now(timezone.utc) - named.started).total_seconds()) < 3600
    assert named.started_text.endswith("Z")
    # Both are the same time, to the microsecond.
    assert named.started.strftime("%Y-%m-%dT%H:%M:%S.%f") == named.started_text.rstrip("Z").ljust(26, "0")[:26]

    holder.tell()
    assert holder.hear() == "released"
    with ralph_lock.try_acquire(tmp_path, "next") as lock:
        assert lock.path == str(tmp_path / ralph_lock.LOCK_FILE)
        assert ralph_lock.is_locked(tmp_path)
    assert not ralph_lock.is_locked(tmp_path)


def test_a_wait_gets_the_lock_when_it_is_released(tmp_path: Path, child: Callable[..., Child]) -> None:
    for timeout in ("None", "60", "float('inf')"):
        lock = ralph_lock.acquire(tmp_path, "first")
        waiter = child(f"say('waits'); say(ralph_lock.acquire(root, 'second', {timeout}).path); hear()")
        assert waiter.hear() == "waits"
        lock.release()
        assert waiter.hear() == lock.path
        waiter.clean_up()


def test_a_wait_ends_at_its_timeout(tmp_path: Path, holder: Child) -> None:
    for kind in (ralph_lock.HeldError, TimeoutError):
        with pytest.raises(kind) as caught:
            ralph_lock.acquire(tmp_path, "waits", 0.01)
        assert isinstance(caught.value, ralph_lock.TimedOutError)
        assert caught.value.status is Status.TIMED_OUT
        assert caught.value.holder is not None and caught.value.holder.pid == holder.pid


def test_other_threads_run_during_a_wait(tmp_path: Path) -> None:
    lock = ralph_lock.acquire(tmp_path, "first")
    got: list[str] = []

    def wait() -> None:
        with ralph_lock.acquire(tmp_path, "second"):
            got.append("lock")

    thread = threading.Thread(target=wait)
    thread.start()
    lock.release()
    thread.join()
    assert got == ["lock"]


@pytest.mark.parametrize("timeout", [None, 60])
def test_a_token_ends_a_wait(tmp_path: Path, holder: Child, timeout: Optional[float]) -> None:
    token = ralph_lock.CancelToken()
    errors: list[ralph_lock.CancelledError] = []

    def wait() -> None:
        with pytest.raises(ralph_lock.CancelledError) as caught:
            ralph_lock.acquire(tmp_path, "waits", timeout, cancel=token)
        errors.append(caught.value)

    thread = threading.Thread(target=wait)
    thread.start()
    token.trigger()
    token.trigger()
    thread.join()
    assert [error.status for error in errors] == [Status.CANCELLED]
    assert not isinstance(errors[0], (ralph_lock.HeldError, ralph_lock.LockError))
    assert str(errors[0]).endswith(" was cancelled")


def test_a_cancelled_wait_for_a_lock_of_this_process_says_so_only(tmp_path: Path) -> None:
    errors: list[ralph_lock.CancelledError] = []

    def wait(token: ralph_lock.CancelToken) -> None:
        with pytest.raises(ralph_lock.CancelledError) as caught:
            ralph_lock.acquire(tmp_path, "waits", cancel=token)
        errors.append(caught.value)

    with ralph_lock.acquire(tmp_path, "holds"):
        delay = 0.01
        # Until the wait has seen the holder before it ends.
        while not errors or errors[-1].holder is None:
            token = ralph_lock.CancelToken()
            # In the thread that holds the lock it would be a DeadlockError.
            thread = threading.Thread(target=wait, args=(token,))
            thread.start()
            time.sleep(delay)
            token.trigger()
            thread.join()
            delay *= 2
    assert str(errors[-1]).endswith(" was cancelled")


def test_a_second_release_does_nothing(tmp_path: Path) -> None:
    lock = ralph_lock.acquire(tmp_path, "first")
    assert not lock.released
    with lock:
        lock.release()
        lock.release()
        following = ralph_lock.acquire(tmp_path, "second")
    lock.release()
    assert ralph_lock.is_locked(tmp_path)
    following.release()
    assert lock.released and not ralph_lock.is_locked(tmp_path)
    for use in (lock.verify, lock.previous, lock.into_fd, lock.__enter__):
        with pytest.raises(ValueError, match="released"):
            use()
    assert lock.path == str(tmp_path / ralph_lock.LOCK_FILE)


def test_locks_and_tokens_are_neither_copied_nor_pickled(tmp_path: Path) -> None:
    with ralph_lock.acquire(tmp_path, "one") as lock:
        for thing in (lock, ralph_lock.CancelToken()):
            for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
                with pytest.raises(TypeError, match="neither pickled nor copied"):
                    duplicate(thing)
        lock.verify()


def test_a_removed_file_is_a_lost_lock(tmp_path: Path) -> None:
    with ralph_lock.acquire(tmp_path, "loses it") as lock:
        lock.verify()
        shutil.rmtree(tmp_path / ".ralph")
        with pytest.raises(ralph_lock.LostError) as caught:
            lock.verify()
        assert caught.value.status is Status.LOST
        assert caught.value.filename == lock.path


def test_a_removed_file_is_put_back(tmp_path: Path, child: Callable[..., Child]) -> None:
    with ralph_lock.acquire(tmp_path, "repairs it") as lock:
        lock.restore()
        shutil.rmtree(tmp_path / ".ralph")
        # The workspace's directory is locked too.
        other = child(
            """
            try:
                ralph_lock.try_acquire(root, "other")
            except ralph_lock.HeldError as error:
                say(error.holder)
            hear()
            try:
                ralph_lock.try_acquire(root, "other")
            except ralph_lock.HeldError as error:
                say(error.holder.prompt)
            """
        )
        assert other.hear() == "None"
        lock.restore()
        lock.verify()
        other.tell()
        assert other.hear() == "repairs it"
        shutil.rmtree(tmp_path / ".ralph")
        with open(tmp_path / "file", "w"):
            pass
        (tmp_path / ".ralph").mkdir()
        with open(tmp_path / ralph_lock.LOCK_FILE, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(ralph_lock.HeldError):
                lock.restore()
    with pytest.raises(ValueError):
        lock.restore()


def test_a_folder_leads_to_its_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    root = os.path.realpath(tmp_path)
    assert ralph_lock.find_root(inner) == root
    assert ralph_lock.find_root(os.fsencode(inner)) == root
    monkeypatch.chdir(inner)
    assert ralph_lock.find_root() == root
    with pytest.raises(ralph_lock.LockError) as caught:
        ralph_lock.find_root("/proc/self")
    assert caught.value.status is Status.NOT_FOUND


def test_any_lock_that_can_be_taken_can_be_asked_about(tmp_path: Path) -> None:
    assert ralph_lock.inspect(tmp_path, lock_file="deploy.lock").state is State.FREE
    with ralph_lock.acquire(tmp_path, "deploys", lock_file="deploy.lock"):
        record = ralph_lock.inspect(tmp_path, lock_file=Path("deploy.lock"))
        assert record.state is State.HELD and record.holder is not None
        assert (record.holder.prompt, record.holder.local_pid) == ("deploys", os.getpid())
        assert ralph_lock.find_keepers(tmp_path, lock_file=b"deploy.lock") == [os.getpid()]
        ralph_lock.signal_holder(tmp_path, 0, lock_file="deploy.lock")
        assert ralph_lock.inspect(tmp_path).state is State.FREE


def test_a_file_with_other_text_is_no_lock_file(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("remember the milk")
    with pytest.raises(ValueError, match="not a lock file"):
        ralph_lock.acquire(tmp_path, "works", lock_file="notes")
    assert (tmp_path / "notes").read_text() == "remember the milk"


def test_a_holder_that_died_is_known(tmp_path: Path, holder: Child) -> None:
    with ralph_lock.acquire(tmp_path / "..", "no holder died", lock_file="other") as lock:
        assert lock.previous() is None
    holder.process.kill()
    holder.process.wait()
    with ralph_lock.acquire(tmp_path, "next") as lock:
        previous = lock.previous()
        assert previous is not None
        assert (previous.pid, previous.prompt) == (holder.pid, "the holder's task")
        assert ralph_lock.read_existing(tmp_path) != previous


@pytest.mark.parametrize(
    "root",
    [lambda path: path, str, os.fsencode, lambda path: os.fsencode(path / "caf\u00e9"), lambda path: path / "\udcff"],
)
def test_a_root_is_str_bytes_or_pathlike(tmp_path: Path, root: Callable[[Path], Any]) -> None:
    where = root(tmp_path)
    os.makedirs(where, exist_ok=True)
    with ralph_lock.acquire(where, "works") as lock:
        assert lock.path == os.path.join(os.fsdecode(where), ralph_lock.LOCK_FILE)
        assert os.path.exists(lock.path)


def test_a_prompt_comes_back_as_it_was(tmp_path: Path) -> None:
    prompt = 'l\u00e4uft: "\U0001f980"\n\ttwo \\ lines' + "x" * 100_000
    with ralph_lock.acquire(tmp_path, prompt):
        record = ralph_lock.read_existing(tmp_path)
        assert record is not None and record.prompt == prompt


def test_another_lock_file_is_another_lock(tmp_path: Path, holder: Child) -> None:
    with ralph_lock.acquire(tmp_path, "deploys", lock_file="build/deploy.lock") as lock:
        assert lock.path == str(tmp_path / "build/deploy.lock")
        with pytest.raises(ralph_lock.HeldError):
            ralph_lock.try_acquire(tmp_path, "deploys", lock_file=Path("build", "deploy.lock"))
        fd = lock.into_fd()
    with ralph_lock.adopt(tmp_path, "deploys", fd, lock_file=b"build/deploy.lock") as lock:
        assert lock.path == str(tmp_path / "build/deploy.lock")


@pytest.mark.parametrize(
    "arguments",
    [
        {"root": ""},
        {"root": "a\0b"},
        {"prompt": "a\0b"},
        {"prompt": "\udcff"},
        {"prompt": "x" * (16 * 1024 * 1024 + 1)},
        {"timeout": -2},
        {"timeout": float("nan")},
        {"lock_file": "../outside"},
        {"lock_file": "/absolute"},
        {"lock_file": "a\0b"},
    ],
    ids=lambda arguments: repr(arguments)[:30],
)
def test_invalid_arguments_are_value_errors(tmp_path: Path, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ralph_lock.acquire(**{"root": tmp_path, "prompt": "works", **arguments})
    assert os.listdir(tmp_path) == []


def test_questions_are_answered(tmp_path: Path, holder: Child) -> None:
    record = ralph_lock.inspect(tmp_path)
    assert record.state is State.HELD and record.holder is not None and record.holder.pid == holder.pid
    assert ralph_lock.is_locked(tmp_path)
    assert ralph_lock.read_existing(tmp_path) == record.holder
    assert ralph_lock.find_keepers(tmp_path) == [holder.pid]
    assert ralph_lock.probe_filesystem(tmp_path) in (ralph_lock.Filesystem.LOCAL, ralph_lock.Filesystem.UNKNOWN)

    with pytest.raises(ValueError):
        ralph_lock.signal_holder(tmp_path, 12345)
    ralph_lock.signal_holder(tmp_path, 0)
    ralph_lock.signal_holder(tmp_path, signal.SIGKILL)
    assert holder.process.wait() == -signal.SIGKILL
    record = ralph_lock.inspect(tmp_path)
    assert record.state is State.STALE and record.holder is not None and record.holder.liveness is Liveness.DEAD
    with pytest.raises(ralph_lock.LockError) as caught:
        ralph_lock.signal_holder(tmp_path, 0)
    assert caught.value.status is Status.NOT_FOUND and caught.value.errno is None

    ralph_lock.acquire(tmp_path, "cleans up").release()
    assert ralph_lock.inspect(tmp_path) == ralph_lock.Inspection(State.FREE, None)
    assert ralph_lock.read_existing(tmp_path) is None
    assert ralph_lock.find_keepers(tmp_path) == []


def test_all_keepers_are_found(tmp_path: Path) -> None:
    fd = ralph_lock.acquire(tmp_path, "has many children").into_fd()
    children = []
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            signal.pause()
        children.append(pid)
    try:
        assert sorted(ralph_lock.find_keepers(tmp_path)) == sorted([os.getpid(), *children])
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)


def test_a_missing_feature_of_the_system_is_a_not_implemented_error(tmp_path: Path, holder: Child) -> None:
    # Without /proc no process can list the processes that have a file open.
    program = "import ralph_lock, sys; ralph_lock.find_keepers(sys.argv[1])"
    without_proc = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    hide = 'mount -t tmpfs none /proc && exec "$@"'
    command = [*without_proc, hide, "sh", sys.executable, "-c", program, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    if "unshare:" in result.stderr or "mount:" in result.stderr:
        pytest.skip(f"this container does not let its users have namespaces: {result.stderr}")
    assert "UnsupportedPlatformError: this platform lacks" in result.stderr, result
    assert issubclass(ralph_lock.UnsupportedPlatformError, ralph_lock.LockError)
    assert issubclass(ralph_lock.UnsupportedPlatformError, NotImplementedError)
