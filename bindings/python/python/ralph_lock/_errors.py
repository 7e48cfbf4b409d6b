"""The exceptions of the package."""

from __future__ import annotations

from ._constants import Status

# For type checkers. At run time `typing` is not imported, because that is slow.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._holder import Holder


class _NotAcquired(Exception):
    """The lock was not taken, and no call failed."""

    #: The holder of the lock, or the last one; None if there is no record, for instance if it is flock(1).
    holder: Holder | None
    #: The lock file.
    path: str | None

    def __init__(self, message: str, holder: Holder | None = None, path: str | None = None) -> None:
        super().__init__(message)
        self.holder = holder
        self.path = path


class HeldError(_NotAcquired):
    """Another process, or this one, holds the lock. This is not a failure, and not a LockError."""

    status = Status.ALREADY_LOCKED


class TimedOutError(HeldError, TimeoutError):
    """The timeout expired before the lock was free. The holder is the one at the last look."""

    status = Status.TIMED_OUT


class DeadlockError(HeldError, RuntimeError):
    """This thread, or this task of asyncio, holds the lock itself, and would wait for itself."""


class CancelledError(_NotAcquired):
    """The wait's CancelToken was triggered. The holder is the one at the last look, if known."""

    status = Status.CANCELLED


class LockError(OSError):
    """A call failed: `errno` is the system's error (None if no system call failed), `strerror` the one-line
    message, `filename` the file that it is about, and `status` a member of `Status`."""

    status: int = Status.IO

    def __str__(self) -> str:
        # The library's message already names the file and the system's error.
        return str(self.strerror)


class LockNotFoundError(LockError, FileNotFoundError):
    """There is no such workspace (ENOENT)."""


class LockPermissionError(LockError, PermissionError):
    """The caller lacks a permission (EACCES, EPERM)."""


class LostError(LockError):
    """The path no longer leads to the locked file, because the file was removed or replaced, or a server has dropped
    the lock."""


class UnsupportedPlatformError(LockError, NotImplementedError):
    """The platform has no flock(2), or the kernel lacks what the call needs."""


def failure(status: str, os_code: int | None, message: str, path: str | None) -> LockError:
    """The exception for a failure of the library."""
    kind = LockError
    if status == "LOST":
        kind = LostError
    elif status == "UNSUPPORTED_PLATFORM":
        kind = UnsupportedPlatformError
    elif status == "IO" and os_code is not None:
        # Python maps each number to its class.
        like = type(OSError(os_code, message))
        kind = {FileNotFoundError: LockNotFoundError, PermissionError: LockPermissionError}.get(like, LockError)
    result = kind(os_code, message, path)
    result.status = Status[status]
    return result
