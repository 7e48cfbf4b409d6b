"""The numbers of include/ralph_lock.h. A test compares them with it."""

from enum import IntEnum

#: The lock file, relative to the workspace root.
LOCK_FILE = ".ralph/loop.lock"


class Status(IntEnum):
    """How a call ended: values below 100 are ordinary outcomes, values from 100 on are failures."""

    OK = 0
    ALREADY_LOCKED = 1
    NOT_FOUND = 2
    TIMED_OUT = 3
    CANCELLED = 4
    INTERRUPTED = 5
    LOST = 6
    NOT_LIVE = 7
    INVALID_ARGUMENT = 100
    INVALID_HANDLE = 101
    IO = 102
    PARSE = 103
    UNSUPPORTED_PLATFORM = 104
    UNSUPPORTED_FILESYSTEM = 105
    PANIC = 106


class State(IntEnum):
    """Whether a lock is held, and whether its file has a record."""

    #: No process holds the lock.
    FREE = 0
    #: A process holds it.
    HELD = 1
    #: No process holds the lock, but the last holder's record is in the file: that process died, or never removes its
    #: record, like ralph-core.
    STALE = 2


class Filesystem(IntEnum):
    """What a lock is worth on a file system."""

    #: Locks hold among all processes that use this mount. Whether they hold beyond it is unknown.
    UNKNOWN = 0
    #: It belongs to this machine, and locks hold among all its processes.
    LOCAL = 1
    #: Other machines may use it too, and one place grants all locks: GlusterFS, CephFS, NFS.
    DISTRIBUTED = 2
    #: It refuses locks, or may grant the same lock to two processes.
    NO_LOCKS = 3


class Liveness(IntEnum):
    """Whether the process on record runs."""

    #: Unknown: the record has no identity (ralph-core writes none), its start time is in the clock of another time
    #: namespace, or there is no /proc.
    UNKNOWN = 0
    #: It runs.
    LIVE = 1
    #: It has ended.
    DEAD = 2
    #: It has ended, and another process has its pid now.
    RECYCLED = 3
    #: It belongs to another host or boot, or to a pid namespace that is not visible from here, and cannot be judged.
    FOREIGN = 4


class Relation(IntEnum):
    """The relation of the process on record to this one."""

    #: It cannot be determined.
    UNKNOWN = 0
    #: The same process.
    SELF = 1
    #: An ancestor: its parent, that process's parent, and so on.
    ANCESTOR = 2
    #: Neither.
    OTHER = 3
