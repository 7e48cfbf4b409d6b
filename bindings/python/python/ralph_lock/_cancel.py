"""Ending waits from another thread."""

from ctypes import byref
from typing import Any

from ._errors import call, check
from ._library import Handle, lib


class CancelToken(Handle):
    """Ends waits from another thread. One token can serve many waits. It is for the process that made it: in a
    forked child it is of no use."""

    def __init__(self) -> None:
        super().__init__()
        call(lib.ralph_lock_cancel_new, byref(self._handle))

    def trigger(self) -> None:
        """Ends every wait that has the token with CancelledError: those under way at once, those that come later
        as they begin. A second time it does nothing. Any thread may do so. ValueError: in a forked child."""
        check(lib.ralph_lock_cancel_trigger(self._handle), "the cancel token")

    def __del__(self, free: Any = lib.ralph_lock_cancel_free) -> None:
        free(self._handle)
