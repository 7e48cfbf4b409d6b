"""How calls fail."""

from __future__ import annotations

from ._constants import Status

# As a type checker reads it. At run time `typing` is left out, which is slow to import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._holder import Holder


class _NotAcquired(Exception):
    """Why the lock was not taken, where that is no failure."""

    #: The holder of the lock, or the last one; None when there is no record, for instance when it is flock(1).
    holder: Holder | None
    #: The lock file.
    path: str | None

    def __init__(self, message: str, holder: Holder | None = None, path: str | None = None) -> None:
        super().__init__(message)
        self.holder = holder
        self.path = path


class HeldError(_NotAcquired):
    """Another process, or this one, holds the lock. It is no failure, and no LockError."""

    status = Status.ALREADY_LOCKED


class TimedOutError(HeldError, TimeoutError):
    """The time to wait was over before the lock was free. The holder is the one of the last look."""

    status = Status.TIMED_OUT


class DeadlockError(HeldError, RuntimeError):
    """This thread, or this task of asyncio, holds the lock itself, and would wait for itself."""


class CancelledError(_NotAcquired):
    """The wait's CancelToken was triggered. The holder is the one of the last look, where that is known."""

    status = Status.CANCELLED


class LockError(OSError):
    """A call failed: `errno` is the system's error (None where it had no part in it), `strerror` is what
    happened, in one line, `filename` the file that it is about, and `status` is a number of `Status`."""

    status: int = Status.IO

    def __str__(self) -> str:
        # The library's line names the file and the system's error already.
        return str(self.strerror)


class LockNotFoundError(LockError, FileNotFoundError):
    """There is no such workspace (ENOENT)."""


class LockPermissionError(LockError, PermissionError):
    """It is not allowed (EACCES, EPERM)."""


class LostError(LockError):
    """The path no longer leads to the file that is locked: it was removed or replaced."""


class UnsupportedPlatformError(LockError, NotImplementedError):
    """The system lacks what the call needs."""


def failure(status: str, os_code: int | None, message: str, path: str | None) -> LockError:
    """The exception for an error of the library that is a failure."""
    kind = LockError
    if status == "LOST":
        kind = LostError
    elif status == "UNSUPPORTED_PLATFORM":
        kind = UnsupportedPlatformError
    elif status == "IO" and os_code is not None:
        # Python knows which class belongs to which number.
        like = type(OSError(os_code, message))
        kind = {FileNotFoundError: LockNotFoundError, PermissionError: LockPermissionError}.get(like, LockError)
    result = kind(os_code, message, path)
    result.status = Status[status]
    return result
