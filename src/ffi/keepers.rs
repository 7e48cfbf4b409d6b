//! Finds the processes that keep a lock.

use std::ffi::c_char;
use std::ptr;

use super::call::{Out, OutSlice, path, status};
use super::error::ralph_lock_error;
use super::options::{self, ralph_lock_options};
use super::status::ralph_lock_status;
use crate::ops;

/// Finds the processes that keep the workspace's lock: the holder, or those that inherited its descriptor, like a
/// server started under the lock. Those in containers are found from outside, by their process ids here. Processes of
/// other users, and of pid namespaces that the caller cannot see, are missing.
///
/// macOS and FreeBSD do not say which descriptor has a lock. While the lock is held, the call finds the processes with
/// a descriptor that has had the lock (macOS) or has asked for it, as a wait does (FreeBSD).
///
/// It reads every descriptor of every thread in /proc, which takes milliseconds, or tenths of a second on a busy
/// machine. It touches only the lock's file, so a file system that has stopped answering cannot delay it.
///
/// `workspace_root`: a directory. `pids` receives the first `capacity` process ids. May be NULL if `capacity` is 0.
/// `count` receives the number of all of them on RALPH_LOCK_OK, also if it exceeds the capacity, else 0. Must not be
/// NULL. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_IO
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM: there is no /proc (Linux), or it shows another pid namespace; NetBSD, OpenBSD
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_find_keepers(
    workspace_root: *const c_char,
    pids: *mut u32,
    capacity: usize,
    count: *mut usize,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    ralph_lock_find_keepers_with(workspace_root, ptr::null(), pids, capacity, count, error)
}

/// As ralph_lock_find_keepers(), for the lock that the options name.
///
/// `options`: NULL means the workspace's own lock. Of the options only the lock file is used. The other parameters
/// and the statuses are those of ralph_lock_find_keepers().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
/// - RALPH_LOCK_IO
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_find_keepers_with(
    workspace_root: *const c_char,
    options: *const ralph_lock_options,
    pids: *mut u32,
    capacity: usize,
    count: *mut usize,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let count = Out::new("count", count, 0);
    let pids = OutSlice::new("pids", pids, capacity);
    status(error, || {
        count.required()?;
        pids.required()?;
        let (root, options) = (path("workspace_root", &workspace_root)?, options::chosen(options)?);
        let found = ops::find_keepers(root, options.lock_file.as_deref())?;
        pids.fill(&found);
        count.set(found.len());
        Ok(())
    })
}
