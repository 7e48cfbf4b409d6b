from datetime import datetime
from typing import NamedTuple

from ._constants import Liveness, Relation, State

class Holder(NamedTuple):
    """The process on record as the holder of a lock, and what could be said of it when the library was asked."""

    pid: int
    """The process, as the holder sees it: in another pid namespace the number means another process, or none:
    see `local_pid`."""
    started: datetime
    """When it took the lock, by its own clock, in UTC and to the microsecond."""
    started_text: str
    """The same to the nanosecond: "2026-11-22T16:00:00.123456789Z" (RFC 3339)."""
    prompt: str
    """What it is doing, in its own words. To print them, use `summary`, in which they are escaped."""
    host: str | None
    """The machine or container it runs on; None when the record has none (ralph-core writes none)."""
    liveness: Liveness
    """Whether it ran at the moment of the question."""
    relation: Relation
    """What it is to the process that asked: a child of the holder sees an ANCESTOR."""
    local_pid: int | None
    """The process as this one can reach it, also when it runs in a container; None when it has ended or cannot be
    seen from here. To signal it, use `signal_holder`."""
    summary: str
    """One line for people, safe to print at a terminal: the process, its host if that is another one, since when, and
    the prompt. Control and invisible characters are escaped, and a long prompt is cut. str() gives it too."""

class Inspection(NamedTuple):
    """Whether a lock was held at one moment, and the record that belongs to that answer."""

    state: State
    holder: Holder | None
    """The holder when it is HELD (None when it left no record, as flock(1) does), the last one when it is STALE."""

def record(
    pid: int,
    started: tuple[int, int, str],
    prompt: str,
    host: str | None,
    liveness: str,
    relation: str,
    local_pid: int | None,
    summary: str,
) -> Holder: ...
def inspection(state: str, holder: Holder | None) -> Inspection: ...
