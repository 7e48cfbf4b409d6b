//! What a file system's locks are worth.

/// What a lock is worth on a file system.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filesystem {
    /// Locks hold among all processes that use this mount. Whether they hold beyond it is unknown.
    Unknown = 0,
    /// It belongs to this machine, and locks hold among all its processes.
    Local = 1,
    /// Other machines may use it too, and one place grants all locks: GlusterFS, CephFS, NFS.
    Distributed = 2,
    /// It refuses locks, or may grant the same lock to two processes: in this mount, as MooseFS does; or through
    /// another mount, as sshfs, mergerfs, gocryptfs, unionfs-fuse and VirtioFS do, and NFS mounted with
    /// `nolock` or `local_lock`.
    NoLocks = 3,
}
