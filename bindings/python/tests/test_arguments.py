"""Invalid and unusual arguments."""

import signal
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest
import ralph_lock
from conftest import Child


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompt": b"x"}, "prompt must be str, not bytes; decode it first"),
        ({"prompt": None}, "prompt must be str, not NoneType"),
        ({"root": 1}, "expected str, bytes or os.PathLike object, not int"),
        ({"timeout": "1"}, "timeout must be a number of seconds or None, not str"),
        (
            {"timeout": timedelta(seconds=1)},
            "timeout must be a number of seconds or None, not datetime.timedelta|timedelta",
        ),
        ({"cancel": 1}, "CancelToken"),
        ({"blocking": "no"}, "bool"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_argument_of_the_wrong_type_is_a_type_error(
    tmp_path: Path, arguments: "dict[str, Any]", message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        ralph_lock.acquire(**{"root": tmp_path, "prompt": "works", **arguments})
    assert list(tmp_path.iterdir()) == []


def test_numbers_beyond_32_bits_are_refused(tmp_path: Path, holder: Child) -> None:
    for beyond in (2**32, 2**31, -(2**40), 10**100):
        with pytest.raises(ValueError, match="32 bits"):
            ralph_lock.signal_holder(tmp_path, beyond + int(signal.SIGKILL))
        with pytest.raises(ValueError, match="32 bits"):
            ralph_lock.adopt(tmp_path, "adopts", beyond)
    for number in (-1, 9999):
        with pytest.raises(ValueError, match="descriptor"):
            ralph_lock.adopt(tmp_path, "adopts", number)
    for wrong in ("1", 1.0, None):
        with pytest.raises(TypeError):
            ralph_lock.signal_holder(tmp_path, wrong)  # type: ignore[arg-type]
    ralph_lock.signal_holder(tmp_path, 0)


@pytest.mark.parametrize("timeout", [None, -1, -1.0, 60, 1e300, inf, True])
def test_any_number_of_seconds_is_a_timeout(tmp_path: Path, timeout: "float | None") -> None:
    ralph_lock.acquire(tmp_path, "works", timeout).release()
    ralph_lock.acquire(tmp_path, "works", timeout=timeout, blocking=True).release()


@pytest.mark.parametrize("limit", [{"timeout": 0}, {"blocking": False}, {"timeout": 60, "blocking": False}])
def test_a_call_without_a_wait_is_refused_at_once(tmp_path: Path, holder: Child, limit: "dict[str, Any]") -> None:
    with pytest.raises(ralph_lock.HeldError) as caught:
        ralph_lock.acquire(tmp_path, "tries", **limit)
    assert type(caught.value) is ralph_lock.HeldError


@pytest.mark.parametrize("timeout", [1e-9, 1e-300, 0.01])
def test_the_shortest_wait_is_a_wait(tmp_path: Path, holder: Child, timeout: float) -> None:
    with pytest.raises(ralph_lock.TimedOutError):
        ralph_lock.acquire(tmp_path, "waits", timeout)


def test_an_exception_names_the_holder(tmp_path: Path) -> None:
    with ralph_lock.acquire(tmp_path, "tidy\x1b[2J\u202eup\n" + "x" * 10_000):
        with pytest.raises(ralph_lock.HeldError) as caught:
            ralph_lock.try_acquire(tmp_path, "next")
    text, holder = str(caught.value), caught.value.holder
    assert holder is not None
    assert str(holder) == holder.summary and holder.summary in text
    assert holder.prompt.startswith("tidy\x1b")
    assert f"process {holder.pid}" in text and holder.started_text[:19] in text and "tidy" in text
    assert text.isprintable() and len(text) < 1000
