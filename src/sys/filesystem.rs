//! What a file system's locks are worth.

/// How far the locks of a workspace's file system reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filesystem {
    /// Locks hold among all who use this mount. Whether they hold beyond it, nobody can tell from here.
    Unknown,
    /// It is this machine's own, and locks hold among all its processes.
    Local,
    /// Other machines may use it too, and it takes their locks and ours to one place.
    Distributed,
    /// It refuses locks, or two can have an exclusive one at a time: here, or through another mount.
    NoLocks,
}
