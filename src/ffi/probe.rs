//! What a lock is worth on a file system.

use std::ffi::c_char;

use super::call::{Out, path, status};
use super::error::ralph_lock_error;
use super::status::ralph_lock_status;
use crate::ops;
use crate::sys::filesystem::Filesystem;

use ralph_lock_filesystem::*;

/// What a lock is worth on a file system.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
pub enum ralph_lock_filesystem {
    /// Locks hold among all who use this mount. Whether they hold beyond it, nobody can tell from here.
    RALPH_LOCK_FILESYSTEM_UNKNOWN = 0,
    /// It is this machine's own, and locks hold among all its processes.
    RALPH_LOCK_FILESYSTEM_LOCAL = 1,
    /// Other machines may use it too, and it takes their locks and ours to one place: GlusterFS, CephFS, NFS.
    RALPH_LOCK_FILESYSTEM_DISTRIBUTED = 2,
    /// It refuses locks, or two can have an exclusive one at a time: here, or through another mount, as with
    /// sshfs, VirtioFS, or NFS mounted with `nolock` or `local_lock`.
    RALPH_LOCK_FILESYSTEM_NO_LOCKS = 3,
}

/// Finds out what a lock is worth on the workspace's file system, before a program relies on it: whether two processes
/// exclude each other on it at all, and whether they would do so from two machines.
///
/// The first is tried, with two descriptors of a scratch file in `.ralph`, or in the root if there is no `.ralph`. The lock
/// file is not touched. The second cannot be tried from one machine: it is known of some file systems by their kind,
/// statfs(2), proc_pid_mountinfo(5). The scratch file has no name where the file system supports O_TMPFILE, else a name for
/// an instant: nothing is left behind except by a crash at that instant.
///
/// `workspace_root`: a directory. `verdict` receives the answer on RALPH_LOCK_OK, else RALPH_LOCK_FILESYSTEM_UNKNOWN. Must
/// not be NULL. A later version may add values: treat unknown ones as RALPH_LOCK_FILESYSTEM_UNKNOWN. `error` as in
/// ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_IO: there is no such directory, or nothing can be tried in it, for instance with EACCES, EROFS or ENOSPC;
///   the lock cannot be taken there either
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM: no file can be made on it
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_probe_filesystem(
    workspace_root: *const c_char,
    verdict: *mut ralph_lock_filesystem,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let verdict = Out::new("verdict", verdict, RALPH_LOCK_FILESYSTEM_UNKNOWN);
    status(error, || {
        verdict.required()?;
        verdict.set(match ops::probe_filesystem(path("workspace_root", &workspace_root)?)? {
            Filesystem::Unknown => RALPH_LOCK_FILESYSTEM_UNKNOWN,
            Filesystem::Local => RALPH_LOCK_FILESYSTEM_LOCAL,
            Filesystem::Distributed => RALPH_LOCK_FILESYSTEM_DISTRIBUTED,
            Filesystem::NoLocks => RALPH_LOCK_FILESYSTEM_NO_LOCKS,
        });
        Ok(())
    })
}
