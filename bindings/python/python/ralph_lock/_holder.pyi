from datetime import datetime
from typing import NamedTuple

from ._constants import Liveness, Relation, State

class Holder(NamedTuple):
    """The process on record as the holder of a lock, with its liveness and relation at the time of the call."""

    pid: int
    """The pid in the holder's pid namespace: in another one it means another process, or none; see `local_pid`."""
    started: datetime
    """When it took the lock, by its own clock, in UTC and to the microsecond."""
    started_text: str
    """The same to the nanosecond: "2026-11-22T16:00:00.123456789Z" (RFC 3339)."""
    prompt: str
    """What it is doing, in its own words. To print them, use `summary`, in which they are escaped."""
    host: str | None
    """The machine or container it runs on; None if the record has none (ralph-core writes none)."""
    liveness: Liveness
    """Whether its process ran at the time of the call."""
    relation: Relation
    """The relation of its process to the calling one: a child of the holder sees an ANCESTOR."""
    local_pid: int | None
    """The pid in this process's pid namespace, also for a holder in a container; None if it has ended or is not
    visible from here. To signal it, use `signal_holder`."""
    summary: str
    """One line, safe to print at a terminal: the process, its host if it is not this one, since when, and the prompt.
    Control and invisible characters are escaped, and a long prompt is cut. str() returns it too."""

class Inspection(NamedTuple):
    """Whether a lock was held at one moment, and the record that belongs to that answer."""

    state: State
    holder: Holder | None
    """For HELD the holder (None if it left no record, as flock(1) does), for STALE the last one."""

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
