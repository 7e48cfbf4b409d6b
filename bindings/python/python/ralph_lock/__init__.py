"""One process per workspace: it takes the lock, or learns which process holds it, since when, and what it is doing.

    try:
        with ralph_lock.acquire(".", "implement auth", timeout=60) as lock:
            work()
    except ralph_lock.HeldError as error:
        print(error)

The lock is the kernel's flock(2) on ".ralph/loop.lock" under the workspace root: it ends with the process, however
that ends. Any thread may call any function, and so may a forked child, which has none of its parent's locks.
"""

import atexit as _atexit

from ._asyncio import Acquisition, acquire_async
from ._constants import LOCK_FILE, Filesystem, Liveness, Relation, State, Status
from ._errors import (
    CancelledError,
    DeadlockError,
    HeldError,
    LockError,
    LockNotFoundError,
    LockPermissionError,
    LostError,
    TimedOutError,
    UnsupportedPlatformError,
)
from ._handover import adopt
from ._holder import Holder, Inspection
from ._native import (
    VERSION as __version__,
)
from ._native import (
    CancelToken,
    Lock,
    acquire,
    find_keepers,
    find_root,
    held,
    inspect,
    is_locked,
    probe_filesystem,
    read_existing,
    signal_holder,
    try_acquire,
)
from ._native import (
    release_all as _release_all,
)

# At a normal exit the locks that the process still holds are released, and their records blanked.
_atexit.register(_release_all)

__all__ = [
    "LOCK_FILE",
    "Acquisition",
    "CancelToken",
    "CancelledError",
    "DeadlockError",
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
    "__version__",
    "acquire",
    "acquire_async",
    "adopt",
    "find_keepers",
    "find_root",
    "held",
    "inspect",
    "is_locked",
    "probe_filesystem",
    "read_existing",
    "signal_holder",
    "try_acquire",
]
