//! Reads the lock file, and tells whether the lock is held.

use std::ffi::c_char;
use std::ptr;

use super::call::{Out, path, status};
use super::error::ralph_lock_error;
use super::metadata::ralph_lock_metadata;
use super::status::ralph_lock_status;
use crate::lock;

/// Reads the record in the workspace's lock file, without touching the lock. A record alone does not mean that the lock
/// is held: its process may have died, or be ralph-core, which leaves its record behind. ralph_lock_inspect() tells the
/// difference.
///
/// `workspace_root`: a directory. `metadata` receives the record on RALPH_LOCK_OK, else NULL. The caller frees it
/// with ralph_lock_metadata_free(). Must not be NULL. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_NOT_FOUND: there is no lock file, it is blank, it is larger than 18 MiB, or its text is not a record;
///   the error's message says which
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_IO: also with ENOMEM if the record does not fit into memory
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_read_existing(
    workspace_root: *const c_char,
    metadata: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let metadata = Out::new("metadata", metadata, ptr::null_mut());
    status(error, || {
        metadata.required()?;
        let holder = lock::on_record(path("workspace_root", &workspace_root)?)?;
        metadata.set(ralph_lock_metadata::new(&holder)?);
        Ok(())
    })
}

/// Tells whether a process holds the workspace's lock at this moment, the calling one included. The answer may be
/// outdated when the caller sees it: to act on it, acquire instead. A missing lock file is not locked.
///
/// `workspace_root`: a directory. `locked` receives the answer on RALPH_LOCK_OK, else false. Must not be NULL.
/// `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_IO
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_is_locked(
    workspace_root: *const c_char,
    locked: *mut bool,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let locked = Out::new("locked", locked, false);
    status(error, || {
        locked.required()?;
        locked.set(lock::is_locked(path("workspace_root", &workspace_root)?)?);
        Ok(())
    })
}
