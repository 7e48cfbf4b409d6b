"""Taking and giving up the lock."""

import ctypes
import os
import warnings
from ctypes import byref
from types import TracebackType
from typing import Any, Optional

from ._arguments import Deadline, Path, new_options, path_bytes, prompt_bytes, set_timeout
from ._cancel import CancelToken
from ._constants import Status
from ._errors import call, lock_error
from ._holder import Holder, holder_of
from ._library import Handle, lib, owned


class Lock(Handle):
    """A held lock, as `acquire` gives it: release it, or hold it through a `with`.

    It belongs to the process, and any thread may use and release it. A forked child does not have the lock: its
    `release` ends the child's copy and leaves the parent's lock alone. A lock that is dropped without a release
    is released then, with a ResourceWarning.
    """

    def __init__(self) -> None:
        super().__init__()
        self._path = ""

    @property
    def path(self) -> str:
        """The lock file: the workspace root as it was given, and what is locked in it."""
        return self._path

    def release(self) -> None:
        """Gives the lock up. A second time, or after `into_fd`, it does nothing.

        LockError: the lock is given up, but the record of this holder could not be taken out of the file.
        """
        status = lib.ralph_lock_release(self._handle)
        if status not in (Status.OK, Status.INVALID_HANDLE):
            code = ctypes.get_errno()
            reason = f"the lock is given up, but its record stays in {self._path}: {os.strerror(code)}"
            raise lock_error(status, code, reason, self._path)

    def verify(self) -> None:
        """Looks whether the path still leads to the file that is locked. A long-running holder asks from time to
        time and stops its work on LostError: then another process can take the lock of a new file.

        ValueError: it was released. Other LockErrors: the path cannot be looked at.
        """
        call(lib.ralph_lock_guard_verify, self._handle)

    def previous(self) -> Optional[Holder]:
        """Who was on record when the lock was taken: a holder that died, or a program that never takes its record
        out, like ralph-core. None: the last one ended well. ValueError: this lock was released."""
        with owned(lib.ralph_lock_metadata_free) as metadata:
            call(lib.ralph_lock_guard_previous, self._handle, byref(metadata), fine=Status.NOT_FOUND)
            return holder_of(metadata)

    def into_fd(self) -> int:
        """Turns the lock into a descriptor, for a child process that goes on with it by `adopt`:

            fd = lock.into_fd()
            child = subprocess.Popen(command, pass_fds=[fd])
            os.close(fd)

        This object is ended, the lock is not: it is held as long as any copy of the descriptor is open, and the
        record names this process until the child adopts it.

        ValueError: it was released, or belongs to the process that this one was forked from. LockError: there is
        no descriptor left; the lock is held as before.
        """
        fd = ctypes.c_int32()
        call(lib.ralph_lock_guard_into_fd, self._handle, byref(fd))
        return fd.value

    def __enter__(self) -> "Lock":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.release()

    # At the interpreter's end the names of this module may be gone, so it has its own.
    def __del__(
        self,
        release: Any = lib.ralph_lock_release,
        over: int = int(Status.INVALID_HANDLE),
        warn: Any = warnings.warn,
    ) -> None:
        if self._handle and release(self._handle) != over:
            warn(f"the lock of {self._path} was never released", ResourceWarning, stacklevel=2, source=self)


def try_acquire(root: Path, prompt: str, *, lock_file: Optional[Path] = None) -> Lock:
    """Takes the workspace's lock now, or raises HeldError. The same as `acquire` with a timeout of 0."""
    return acquire(root, prompt, 0, lock_file=lock_file)


def acquire(
    root: Path,
    prompt: str,
    timeout: Optional[float] = None,
    *,
    lock_file: Optional[Path] = None,
    cancel: Optional[CancelToken] = None,
) -> Lock:
    """Takes the workspace's lock, waiting for it if need be.

    `root` is an existing directory. `prompt` is what this process is going to do, for others to read, of at most
    16 MiB. `timeout` is in seconds: None waits for as long as it takes, 0 tries once. `lock_file` locks another
    file, a path below the root, instead of ".ralph/loop.lock". `cancel` can end the wait from another thread.

    The wait is the kernel's, and other threads run meanwhile. Signal handlers of Python run, if this is the main
    thread; unless one raises, as Ctrl-C does with KeyboardInterrupt, the wait goes on with the time that is left.

    HeldError: somebody else holds the lock, with a timeout of 0. TimedOutError, which is a HeldError and a
    TimeoutError: the time was over. CancelledError. ValueError: an argument is impossible. LockError, with the
    `errno` of an OSError: it failed; LockNotFoundError: there is no such root; LockPermissionError.
    """
    where, what, deadline = path_bytes(root), prompt_bytes(prompt), Deadline(timeout)
    with new_options(lock_file, cancel) as options:
        while True:
            set_timeout(options, deadline.left_ms())
            lock = take(lib.ralph_lock_acquire_with, where, what, options, not_yet=Status.INTERRUPTED)
            if lock is not None:
                return lock


def take(function: Any, *arguments: Any, not_yet: Status) -> Optional[Lock]:
    """Calls a function of the library that gives a guard, or a holder. None: its status was `not_yet`."""
    # The library writes into an object that is there already: whatever a signal handler raises when the call has
    # just ended, the lock is not lost sight of.
    lock = Lock()
    try:
        with owned(lib.ralph_lock_metadata_free) as holder:
            status = call(function, *arguments, byref(lock._handle), byref(holder), fine=not_yet, holder=holder)
        return None if status == not_yet else _ready(lock)
    except BaseException:
        lib.ralph_lock_release(lock._handle)
        raise


def adopt(root: Path, prompt: str, fd: int, *, lock_file: Optional[Path] = None) -> Lock:
    """Makes a lock of a descriptor that `Lock.into_fd` gave, here or in another process, and this process the
    holder on record. The lock is never free in between. It also adopts what a shell holds: `exec
    9<>.ralph/loop.lock; flock 9`.

    The descriptor belongs to the lock then, and is closed; if this raises, it is the caller's as before.

    HeldError: somebody else holds the lock, through another descriptor. LostError: the lock file was removed from
    the workspace. ValueError: it is no descriptor of the lock file, open for reading and writing. LockError.
    """
    lock = Lock()
    try:
        with new_options(lock_file) as options:
            call(
                lib.ralph_lock_adopt_fd,
                path_bytes(root),
                prompt_bytes(prompt),
                options,
                fd,
                byref(lock._handle),
            )
        return _ready(lock)
    except BaseException:
        lib.ralph_lock_release(lock._handle)
        raise


def _ready(lock: Lock) -> Lock:
    # Asked while nobody else can release the lock: the library's text ends with it.
    lock._path = os.fsdecode(lib.ralph_lock_guard_path(lock._handle))
    return lock
