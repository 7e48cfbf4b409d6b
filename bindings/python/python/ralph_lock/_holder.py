"""Who holds a lock."""

import ctypes
import dataclasses
from datetime import datetime, timedelta, timezone
from typing import Optional

from ._constants import Liveness, Relation
from ._library import lib

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclasses.dataclass(frozen=True)
class Holder:
    """Who is on record as the holder of a lock, and what could be said of it when the library was asked."""

    #: The process, as the holder sees it: in another pid namespace the number means another one, or none.
    pid: int
    #: When it took the lock, by its own clock, in UTC and to the microsecond.
    started: datetime
    #: The same to the nanosecond: "2026-11-22T16:00:00.123456789Z" (RFC 3339).
    started_text: str
    #: What it is doing, in its own words.
    prompt: str
    #: The machine or container it runs on; None when the record has none (ralph-core writes none).
    host: Optional[str]
    #: Whether it ran at the moment of the question.
    liveness: Liveness
    #: What it is to the process that asked: a child of the holder sees an ANCESTOR.
    relation: Relation


def holder_of(metadata: ctypes.c_void_p) -> Optional[Holder]:
    """What the library's object says; None where there is none."""
    if not metadata:
        return None
    nanoseconds: int = lib.ralph_lock_metadata_started_unix_ns(metadata)
    host: Optional[bytes] = lib.ralph_lock_metadata_host(metadata)
    return Holder(
        pid=lib.ralph_lock_metadata_pid(metadata),
        started=_EPOCH + timedelta(microseconds=nanoseconds // 1000),
        started_text=lib.ralph_lock_metadata_started_rfc3339(metadata).decode(),
        prompt=lib.ralph_lock_metadata_prompt(metadata).decode(),
        host=None if host is None else host.decode(),
        liveness=Liveness(lib.ralph_lock_metadata_liveness(metadata)),
        relation=Relation(lib.ralph_lock_metadata_relation(metadata)),
    )
