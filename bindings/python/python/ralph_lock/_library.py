"""The shared library: where it is, and its functions as they stand in include/ralph_lock.h."""

import contextlib
import ctypes
from collections.abc import Iterator
from ctypes import POINTER, c_bool, c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any, Callable, NoReturn

_Out = POINTER(c_void_p)

# Each function's result and parameters. A test compares them with the header.
SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "ralph_lock_version": (c_char_p, []),
    "ralph_lock_status_name": (c_char_p, [c_int32]),
    "ralph_lock_status_message": (c_char_p, [c_int32]),
    "ralph_lock_try_acquire": (c_int, [c_char_p, c_char_p, _Out, _Out, _Out]),
    "ralph_lock_acquire_blocking": (c_int, [c_char_p, c_char_p, _Out, _Out]),
    "ralph_lock_acquire_with": (c_int, [c_char_p, c_char_p, c_void_p, _Out, _Out, _Out]),
    "ralph_lock_release": (c_int, [c_void_p]),
    "ralph_lock_guard_path": (c_char_p, [c_void_p]),
    "ralph_lock_guard_verify": (c_int, [c_void_p, _Out]),
    "ralph_lock_guard_previous": (c_int, [c_void_p, _Out, _Out]),
    "ralph_lock_guard_into_fd": (c_int, [c_void_p, POINTER(c_int32), _Out]),
    "ralph_lock_adopt_fd": (c_int, [c_char_p, c_char_p, c_void_p, c_int32, _Out, _Out]),
    "ralph_lock_read_existing": (c_int, [c_char_p, _Out, _Out]),
    "ralph_lock_is_locked": (c_int, [c_char_p, POINTER(c_bool), _Out]),
    "ralph_lock_inspect": (c_int, [c_char_p, POINTER(c_int), _Out, _Out]),
    "ralph_lock_signal_holder": (c_int, [c_char_p, c_int32, _Out]),
    "ralph_lock_find_keepers": (c_int, [c_char_p, POINTER(c_uint32), c_size_t, POINTER(c_size_t), _Out]),
    "ralph_lock_probe_filesystem": (c_int, [c_char_p, POINTER(c_int), _Out]),
    "ralph_lock_options_new": (c_void_p, []),
    "ralph_lock_options_set_timeout_ms": (c_int, [c_void_p, c_uint64]),
    "ralph_lock_options_set_cancel": (c_int, [c_void_p, c_void_p]),
    "ralph_lock_options_set_lock_file": (c_int, [c_void_p, c_char_p]),
    "ralph_lock_options_free": (None, [c_void_p]),
    "ralph_lock_cancel_new": (c_int, [_Out, _Out]),
    "ralph_lock_cancel_trigger": (c_int, [c_void_p]),
    "ralph_lock_cancel_free": (None, [c_void_p]),
    "ralph_lock_waiter_new": (c_int, [c_char_p, c_char_p, c_void_p, _Out, _Out]),
    "ralph_lock_waiter_fd": (c_int32, [c_void_p]),
    "ralph_lock_waiter_step": (c_int, [c_void_p, _Out, _Out, _Out]),
    "ralph_lock_waiter_free": (None, [c_void_p]),
    "ralph_lock_metadata_pid": (c_uint32, [c_void_p]),
    "ralph_lock_metadata_started_unix_ns": (c_int64, [c_void_p]),
    "ralph_lock_metadata_started_rfc3339": (c_char_p, [c_void_p]),
    "ralph_lock_metadata_prompt": (c_char_p, [c_void_p]),
    "ralph_lock_metadata_host": (c_char_p, [c_void_p]),
    "ralph_lock_metadata_liveness": (c_int, [c_void_p]),
    "ralph_lock_metadata_relation": (c_int, [c_void_p]),
    "ralph_lock_metadata_free": (None, [c_void_p]),
    "ralph_lock_error_status": (c_int, [c_void_p]),
    "ralph_lock_error_os_code": (c_int32, [c_void_p]),
    "ralph_lock_error_message": (c_char_p, [c_void_p]),
    "ralph_lock_error_path": (c_char_p, [c_void_p]),
    "ralph_lock_error_free": (None, [c_void_p]),
}


def _load() -> ctypes.CDLL:
    """The wheel's own library, or else the system's, by the name that its binary interface has."""
    packaged = Path(__file__).with_name("libralph_lock.so")
    try:
        library = ctypes.CDLL(str(packaged) if packaged.exists() else "libralph_lock.so.0", use_errno=True)
    except OSError as error:
        raise ImportError(
            f"ralph_lock has no shared library ({error}): install it in a clone of the repository with "
            "`pip install ./bindings/python`, or for the whole system with `make install`"
        ) from error
    for name, (result, parameters) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = parameters
    return library


lib = _load()


@contextlib.contextmanager
def owned(free: Callable[[c_void_p], None]) -> Iterator[c_void_p]:
    """A place for a handle that the library gives, which is freed at the end."""
    handle = c_void_p()
    try:
        yield handle
    finally:
        free(handle)


class Handle:
    """Something that lives in the library, and ends once. It belongs to this process alone."""

    def __init__(self) -> None:
        self._handle = c_void_p()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} can be neither pickled nor copied")
