"""Who works in this workspace? One process takes the workspace's lock; the others learn who has it.

    try:
        with ralph_lock.acquire(".", "implement auth", timeout=60) as lock:
            work()
    except ralph_lock.HeldError as error:
        print(error.holder)

Locked is ".ralph/loop.lock" under the workspace root, with the kernel's flock(2): the lock ends with the process,
however that ends. Any thread may call anything, and so may a forked child, which has none of its parent's locks.
What the library promises is in ralph_lock.h.
"""

from ._asyncio import Acquisition, acquire_async
from ._cancel import CancelToken
from ._constants import LOCK_FILE, Filesystem, Liveness, Relation, State, Status
from ._errors import (
    CancelledError,
    HeldError,
    LockError,
    LockNotFoundError,
    LockPermissionError,
    LostError,
    TimedOutError,
    UnsupportedPlatformError,
)
from ._holder import Holder
from ._library import lib as _lib
from ._lock import Lock, acquire, adopt, try_acquire
from ._questions import (
    Inspection,
    find_keepers,
    inspect,
    is_locked,
    probe_filesystem,
    read_existing,
    signal_holder,
)

#: The version of the library that runs.
__version__: str = _lib.ralph_lock_version().decode()

__all__ = [
    "LOCK_FILE",
    "Acquisition",
    "CancelToken",
    "CancelledError",
    "Filesystem",
    "HeldError",
    "Holder",
    "Inspection",
    "Liveness",
    "Lock",
    "LockError",
    "LockNotFoundError",
    "LockPermissionError",
    "LostError",
    "Relation",
    "State",
    "Status",
    "TimedOutError",
    "UnsupportedPlatformError",
    "acquire",
    "acquire_async",
    "adopt",
    "find_keepers",
    "inspect",
    "is_locked",
    "probe_filesystem",
    "read_existing",
    "signal_holder",
    "try_acquire",
]
