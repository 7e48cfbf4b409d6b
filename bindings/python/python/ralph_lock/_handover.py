"""A lock as a descriptor."""

from ._native import Lock, adopt

__all__ = ["adopt"]


def _into_fd(self: Lock) -> int:
    """Turns the lock into a descriptor, for a child process that continues with it by `adopt`:

        fd = lock.into_fd()
        child = subprocess.Popen(command, pass_fds=[fd])
        os.close(fd)

    This object ends, and the lock does not: it is held while any copy of the descriptor is open, and the record names
    this process until the child adopts it. Ctrl-C during the call leaves the lock with this object. (Python 3.9 and
    3.10 can also interrupt between the call and the assignment of its result: if that matters, block SIGINT around it
    with signal.pthread_sigmask.)

    ValueError: the lock was released, or belongs to the parent process. LockError: there is no descriptor left; the
    lock is held as before.
    """
    # A number cannot own the lock, so until it is returned, the object can take the lock back.
    try:
        return self._into_fd()
    except BaseException:
        self._take_back()
        raise


_into_fd.__name__ = "into_fd"
_into_fd.__qualname__ = "Lock.into_fd"
setattr(Lock, "into_fd", _into_fd)  # noqa: B010 (its type has the method already)
