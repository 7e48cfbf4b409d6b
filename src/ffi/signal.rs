//! Sends signals to the holder, and to no other process.

use std::ffi::c_char;
use std::ptr;

use super::call::{path, status};
use super::error::ralph_lock_error;
use super::options::{self, ralph_lock_options};
use super::status::ralph_lock_status;
use crate::ops;

/// Sends a signal to the process that holds the workspace's lock, and to no other. The process on record is opened
/// (pidfd_open(2)), compared again with the record, and signalled only if /proc/PID/fdinfo shows that it has the lock:
/// not after execve(2), not after it has handed the lock over, and not if another process reuses its process id. A
/// holder in a container can be signalled from outside, but not the other way round. The holder can still release the
/// lock in the instant before the signal arrives.
///
/// `workspace_root`: a directory. `signal_number`: as in kill(2); 0 sends none and only checks whether one could
/// be sent. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK: it was sent
/// - RALPH_LOCK_NOT_FOUND: no process holds the lock
/// - RALPH_LOCK_PARSE: the lock is held, but there is no record of the holder
/// - RALPH_LOCK_NOT_LIVE: the lock is held, but the process on record is not provably the holder: it has ended, it does
///   not have the lock, another process reuses its process id, it belongs to another host or boot or to a pid
///   namespace that is not visible from here, or its record has no identity. The error's message says which.
/// - RALPH_LOCK_INVALID_ARGUMENT: NULL, or not a signal number
/// - RALPH_LOCK_IO: with EPERM if the caller may not signal the process, with EACCES if it may not see the process's
///   descriptors (proc_pid_fdinfo(5))
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM: there is no pidfd (Linux before 5.3, other systems)
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_signal_holder(
    workspace_root: *const c_char,
    signal_number: i32,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    ralph_lock_signal_holder_with(workspace_root, ptr::null(), signal_number, error)
}

/// As ralph_lock_signal_holder(), for the lock that the options name.
///
/// `options`: NULL means the workspace's own lock. Of the options only the lock file is used. The other parameters
/// and the statuses are those of ralph_lock_signal_holder().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_NOT_FOUND
/// - RALPH_LOCK_PARSE
/// - RALPH_LOCK_NOT_LIVE
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
/// - RALPH_LOCK_IO
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_signal_holder_with(
    workspace_root: *const c_char,
    options: *const ralph_lock_options,
    signal_number: i32,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    status(error, || {
        let (root, options) = (path("workspace_root", &workspace_root)?, options::chosen(options)?);
        Ok(ops::signal_holder(root, options.lock_file.as_deref(), signal_number)?)
    })
}
