"""What callers give, as the library takes it."""

import contextlib
import math
import os
import time
from collections.abc import Iterator
from ctypes import c_void_p
from typing import Optional, Union

from ._cancel import CancelToken
from ._errors import check
from ._library import lib, owned

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

_FOREVER_MS = 2**64 - 1
# More seconds than these are for ever: thirty years.
_LONG = 1e9


def path_bytes(path: Path) -> bytes:
    return _without_null(os.fsencode(path), "a path")


def prompt_bytes(prompt: str) -> bytes:
    return _without_null(prompt.encode(), "the prompt")


def _without_null(text: bytes, subject: str) -> bytes:
    # To C the text would end there.
    if b"\0" in text:
        raise ValueError(f"{subject} must not contain a null character")
    return text


class Deadline:
    """When a wait is over that may be interrupted and go on."""

    def __init__(self, timeout: Optional[float]) -> None:
        if timeout is not None and not timeout >= 0:
            raise ValueError("timeout must be None or a number of seconds that is not negative")
        self.tries_once = timeout == 0
        self._end = None if timeout is None or timeout > _LONG else time.monotonic() + timeout

    def left_ms(self) -> int:
        """What the library is to wait now. 0 would mean not to wait at all, which is another question."""
        if self.tries_once:
            return 0
        if self._end is None:
            return _FOREVER_MS
        return max(1, math.ceil((self._end - time.monotonic()) * 1000))


@contextlib.contextmanager
def new_options(lock_file: Optional[Path] = None, cancel: Optional[CancelToken] = None) -> Iterator[c_void_p]:
    """How to acquire, for one call."""
    with owned(lib.ralph_lock_options_free) as options:
        options.value = lib.ralph_lock_options_new()
        if lock_file is not None:
            check(lib.ralph_lock_options_set_lock_file(options, path_bytes(lock_file)), "lock_file")
        if cancel is not None:
            check(lib.ralph_lock_options_set_cancel(options, cancel._handle), "cancel")
        yield options


def set_timeout(options: c_void_p, milliseconds: int) -> None:
    check(lib.ralph_lock_options_set_timeout_ms(options, milliseconds), "timeout")
