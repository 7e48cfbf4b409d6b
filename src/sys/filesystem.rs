//! What a file system's locks are worth.

/// What a lock is worth on a file system.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filesystem {
    /// Locks hold among all processes that use this mount. Whether they hold beyond it cannot be told from here.
    Unknown = 0,
    /// It is this machine's own, and locks hold among all its processes.
    Local = 1,
    /// Other machines may use it too, and it takes all locks to one place: GlusterFS, CephFS, NFS.
    Distributed = 2,
    /// It refuses locks, or may grant an exclusive one to two processes: here, or through another mount, as with
    /// sshfs, VirtioFS, or NFS mounted with `nolock` or `local_lock`.
    NoLocks = 3,
}
