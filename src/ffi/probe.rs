//! Determines what a lock is worth on a file system.

use std::ffi::c_char;

use super::call::{Out, path, status};
use super::error::ralph_lock_error;
use super::status::ralph_lock_status;
use crate::ops;
use crate::sys::filesystem::Filesystem;

/// Determines what a lock is worth on the workspace's file system, before a program relies on it: whether two processes
/// exclude each other there at all, and whether they would from two machines.
///
/// The first is tried with two descriptors of a scratch file in `.ralph`, or in the root if there is no `.ralph`. The
/// lock file is not touched. The second cannot be tried from one machine. It follows from the file system's type,
/// statfs(2), proc_pid_mountinfo(5):
///
/// - RALPH_LOCK_FILESYSTEM_LOCAL: ext4, XFS, Btrfs, tmpfs, overlayfs and others of one machine
/// - RALPH_LOCK_FILESYSTEM_DISTRIBUTED: GlusterFS, CephFS, NFS
/// - RALPH_LOCK_FILESYSTEM_NO_LOCKS: MooseFS, which grants the same lock to two processes; sshfs, mergerfs,
///   gocryptfs, unionfs-fuse and VirtioFS, where a second mount does; NFS mounted with `nolock` or `local_lock`;
///   every file system that refuses locks or grants two in the trial
/// - RALPH_LOCK_FILESYSTEM_UNKNOWN: all others, and bindfs, whose mounts name no type
///
/// The scratch file has no name where the file system supports O_TMPFILE, else a name for an instant: nothing is
/// left behind except by a crash at that instant.
///
/// `workspace_root`: a directory. `verdict` receives the answer on RALPH_LOCK_OK, else
/// RALPH_LOCK_FILESYSTEM_UNKNOWN. Must not be NULL. A later version may add values: treat unknown ones as
/// RALPH_LOCK_FILESYSTEM_UNKNOWN. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_IO: there is no such directory, or no file can be created in it, for instance with EACCES, EROFS or
///   ENOSPC; the lock cannot be taken there either
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM: it does not support creating files
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_probe_filesystem(
    workspace_root: *const c_char,
    verdict: *mut Filesystem,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let verdict = Out::new("verdict", verdict, Filesystem::Unknown);
    status(error, || {
        verdict.required()?;
        verdict.set(ops::probe_filesystem(path("workspace_root", &workspace_root)?)?);
        Ok(())
    })
}
