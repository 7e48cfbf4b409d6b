"""Questions about a workspace's lock, none of which takes it."""

import dataclasses
from ctypes import byref, c_bool, c_int, c_size_t, c_uint32
from typing import Optional

from ._arguments import Path, path_bytes
from ._constants import Filesystem, State, Status
from ._errors import call
from ._holder import Holder, holder_of
from ._library import lib, owned


@dataclasses.dataclass(frozen=True)
class Inspection:
    """Whether a lock was held at one moment, and the record that belongs to that answer."""

    state: State
    #: The holder when it is HELD (None when it left no record, as flock(1) does), the last one when it is STALE.
    holder: Optional[Holder]


def inspect(root: Path) -> Inspection:
    """One consistent answer: whether the lock is held, and by whom. It may be over when the caller looks at it.

    It takes up to 20 ms when somebody has the lock who is not on record. ValueError, LockError.
    """
    state = c_int()
    with owned(lib.ralph_lock_metadata_free) as metadata:
        call(lib.ralph_lock_inspect, path_bytes(root), byref(state), byref(metadata))
        return Inspection(State(state.value), holder_of(metadata))


def is_locked(root: Path) -> bool:
    """Whether somebody holds the lock at this moment, this process included. To act on it, acquire instead.
    ValueError, LockError."""
    locked = c_bool()
    call(lib.ralph_lock_is_locked, path_bytes(root), byref(locked))
    return locked.value


def read_existing(root: Path) -> Optional[Holder]:
    """Who is on record in the lock file; None when nobody is. A record alone does not say that the lock is held:
    `inspect` tells. ValueError, LockError."""
    with owned(lib.ralph_lock_metadata_free) as metadata:
        call(lib.ralph_lock_read_existing, path_bytes(root), byref(metadata), fine=Status.NOT_FOUND)
        return holder_of(metadata)


def signal_holder(root: Path, signal: int) -> None:
    """Sends a signal to the process that holds the lock, and to no other, whoever has its number meanwhile. 0 sends
    none, and tells whether one could be sent.

    LockError with the status NOT_FOUND: nobody holds the lock; PARSE: the holder is not on record; NOT_LIVE: the
    process on record is not provably the one that holds it. UnsupportedPlatformError: there is no pidfd.
    ValueError: it is no signal.
    """
    call(lib.ralph_lock_signal_holder, path_bytes(root), signal)


def find_keepers(root: Path) -> list[int]:
    """The processes that keep the lock: the holder, or those that inherited its descriptor, as far as they can be
    seen. It looks at every process, which takes milliseconds or more. UnsupportedPlatformError: there is no /proc.
    ValueError, LockError."""
    where, count, capacity = path_bytes(root), c_size_t(), 16
    while True:
        pids = (c_uint32 * capacity)()
        call(lib.ralph_lock_find_keepers, where, pids, capacity, byref(count))
        if count.value <= capacity:
            return pids[: count.value]
        capacity = count.value


def probe_filesystem(root: Path) -> Filesystem:
    """What a lock is worth on the workspace's file system: whether two exclude each other on it, and whether they
    would from two machines. The first is tried with a scratch file, of which nothing is left. ValueError,
    LockError: nothing can be tried."""
    verdict = c_int()
    call(lib.ralph_lock_probe_filesystem, path_bytes(root), byref(verdict))
    return Filesystem(verdict.value)
