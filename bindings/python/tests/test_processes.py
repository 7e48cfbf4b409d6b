"""Locks and multiprocessing: forked children of a process with threads, and spawned children."""

import multiprocessing
import os
import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Optional

import pytest
import ralph_lock
from conftest import Child
from ralph_lock import Relation, State

# Python 3.12 warns about forking with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def in_child(method: str, function: Any, *arguments: Any) -> Any:
    """Runs a function in a multiprocessing child, and returns its result."""
    context: Any = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=_send, args=(function, theirs, *arguments))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        process.join()
        ours.close()


def _send(function: Any, connection: Connection, *arguments: Any) -> None:
    connection.send(function(*arguments))


@contextmanager
def busy_threads(root: Path) -> Iterator[None]:
    """Threads that are inside the library at any moment."""
    over = threading.Event()

    def work(number: int) -> None:
        own = root / f"thread {number}"
        own.mkdir()
        while not over.is_set():
            with ralph_lock.acquire(own, "is busy", 1):
                ralph_lock.inspect(own)

    threads = [threading.Thread(target=work, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def refusal(root: Path) -> "ralph_lock.HeldError":
    with pytest.raises(ralph_lock.HeldError) as caught:
        ralph_lock.try_acquire(root, "is refused")
    return caught.value


def takes_its_own(root: Path) -> int:
    with ralph_lock.acquire(root, "child", 60):
        record = ralph_lock.read_existing(root)
    assert record is not None and record.relation is Relation.SELF
    return record.pid


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_child_takes_its_own_lock(tmp_path: Path, method: str) -> None:
    with busy_threads(tmp_path):
        for _ in range(10 if method == "fork" else 1):
            assert in_child(method, takes_its_own, tmp_path) != os.getpid()
    assert ralph_lock.inspect(tmp_path).state is State.FREE


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_is_refused_by_its_parent(tmp_path: Path, method: str) -> None:
    with ralph_lock.acquire(tmp_path, "parent"):
        error = in_child(method, refusal, tmp_path)
    assert error.holder.pid == os.getpid()
    assert error.holder.relation is Relation.ANCESTOR


inherited: Optional[ralph_lock.Lock] = None


def releases_what_it_inherited() -> str:
    assert inherited is not None
    with pytest.raises(ValueError):
        inherited.into_fd()
    with pytest.raises(ValueError, match="forked"):
        with inherited:
            raise AssertionError("the body runs without the lock")
    assert inherited.released
    assert ralph_lock.held(os.path.dirname(os.path.dirname(inherited.path))) is None
    inherited.release()
    inherited.release()
    return "released"


def drops_what_it_inherited() -> str:
    # A warning would be an error.
    global inherited
    inherited = None
    return "dropped"


@pytest.mark.parametrize("end", [releases_what_it_inherited, drops_what_it_inherited])
def test_an_inherited_lock_stays_its_parents(tmp_path: Path, child: Any, end: Any) -> None:
    global inherited
    inherited = ralph_lock.acquire(tmp_path, "parent")
    try:
        in_child("fork", end)
        other: Child = child(
            """
            try:
                ralph_lock.try_acquire(root, "other")
            except ralph_lock.HeldError as error:
                say(f"{error.holder.pid} {error.holder.prompt}")
            """
        )
        assert other.hear() == f"{os.getpid()} parent"
        inherited.verify()
    finally:
        inherited.release()
        inherited = None
    assert ralph_lock.inspect(tmp_path).state is State.FREE


def uses_a_token(token: ralph_lock.CancelToken, root: Path) -> list[str]:
    kinds = []
    for use in (token.trigger, lambda: ralph_lock.acquire(root, "child", cancel=token)):
        try:
            use()
        except ValueError as error:
            kinds.append(type(error).__name__)
    return kinds


def test_an_inherited_token_is_refused(tmp_path: Path) -> None:
    token = ralph_lock.CancelToken()
    assert in_child("fork", uses_a_token, token, tmp_path) == ["ValueError", "ValueError"]
    ralph_lock.acquire(tmp_path, "not cancelled", cancel=token).release()


def test_a_lock_is_not_sent_to_a_child(tmp_path: Path) -> None:
    with ralph_lock.acquire(tmp_path, "parent") as lock, pytest.raises(TypeError):
        pickle.dumps(lock)


def test_a_pool_shares_one_lock(tmp_path: Path) -> None:
    """Workers that read a file and add to it: no addition is lost."""
    (tmp_path / "count").write_text("0")
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.map(add, [tmp_path] * 100, chunksize=1)
    assert (tmp_path / "count").read_text() == "100"


def add(root: Path) -> None:
    with ralph_lock.acquire(root, "adds", 60):
        count = int((root / "count").read_text())
        (root / "count").write_text(str(count + 1))
