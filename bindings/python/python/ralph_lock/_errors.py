"""What the library answers, as exceptions."""

import os
from ctypes import byref, c_void_p
from typing import Any, Callable, Optional

from ._constants import Status
from ._holder import Holder, holder_of
from ._library import lib, owned


class _NotAcquired(Exception):
    """Why the lock was not had, where that is no failure."""

    #: Who holds the lock, or held it last; None when nobody is on record, for instance when it is flock(1).
    holder: Optional[Holder]
    #: The lock file.
    path: Optional[str]

    def __init__(self, message: str, holder: Optional[Holder] = None, path: Optional[str] = None) -> None:
        super().__init__(message)
        self.holder = holder
        self.path = path


class HeldError(_NotAcquired):
    """Somebody else holds the lock. It is no failure, and no LockError."""

    status = Status.ALREADY_LOCKED


class TimedOutError(HeldError, TimeoutError):
    """The time to wait was over before the lock was free. The holder is who held it last."""

    status = Status.TIMED_OUT


class CancelledError(_NotAcquired):
    """The wait's CancelToken was triggered. The holder is who held the lock last, where that is known."""

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
    """The path no longer leads to the file that is locked: somebody removed or replaced it."""


class UnsupportedPlatformError(LockError, NotImplementedError):
    """The system lacks what the call needs."""


def call(function: Callable[..., int], *arguments: Any, fine: int = Status.OK, holder: Any = None) -> int:
    """Calls a function of the library whose last parameter tells what went wrong, and raises that.

    Gives RALPH_LOCK_OK, or the one other status that is fine. `holder` is the metadata object that the function
    fills, if it does.
    """
    with owned(lib.ralph_lock_error_free) as error:
        status = function(*arguments, byref(error))
        if status in (Status.OK, fine):
            return status
        raise _exception(status, error, holder_of(holder) if holder is not None else None)


def _exception(status: int, error: c_void_p, holder: Optional[Holder]) -> Exception:
    message: str = lib.ralph_lock_error_message(error).decode()
    raw_path: Optional[bytes] = lib.ralph_lock_error_path(error)
    path = None if raw_path is None else os.fsdecode(raw_path)
    if status == Status.ALREADY_LOCKED:
        return HeldError(message, holder, path)
    if status == Status.TIMED_OUT:
        return TimedOutError(message, holder, path)
    if status == Status.CANCELLED:
        return CancelledError(message, holder, path)
    if status in (Status.INVALID_ARGUMENT, Status.INVALID_HANDLE):
        return ValueError(message)
    return lock_error(status, lib.ralph_lock_error_os_code(error), message, path)


def lock_error(status: int, os_code: int, message: str, path: Optional[str]) -> LockError:
    kind = LockError
    if status == Status.LOST:
        kind = LostError
    elif status == Status.UNSUPPORTED_PLATFORM:
        kind = UnsupportedPlatformError
    elif status == Status.IO:
        # Which one belongs to the number, Python knows.
        like = type(OSError(os_code, message))
        kind = {FileNotFoundError: LockNotFoundError, PermissionError: LockPermissionError}.get(like, LockError)
    result = kind(os_code or None, message, path)
    result.status = Status(status) if status in set(Status) else status
    return result


def check(status: int, subject: str) -> None:
    """Raises what is wrong with an argument of a function that tells by its status alone."""
    if status != Status.OK:
        raise ValueError(f"{subject}: {lib.ralph_lock_status_message(status).decode()}")
