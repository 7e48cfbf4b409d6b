//! Tells whether a lock is held, and by which process.

use std::ffi::c_char;
use std::ptr;

use super::call::{Out, path, status};
use super::error::ralph_lock_error;
use super::metadata::ralph_lock_metadata;
use super::options::{self, ralph_lock_options};
use super::status::ralph_lock_status;
use crate::lock::{self, Inspection};

/// Whether a lock is held, and whether its file has a record.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub enum ralph_lock_state {
    /// No process holds the lock.
    Free = 0,
    /// A process holds it.
    Held = 1,
    /// No process holds it, but the file has a record: its process died, or left the record behind, as ralph-core and
    /// execve(2) do, or the record was copied with the directory. A running process on record does not hold this lock.
    Stale = 2,
}

/// Returns one consistent answer: whether the workspace's lock is held, and the record that belongs to that answer. The
/// answer was true at one moment during the call, and may be outdated when the caller sees it.
///
/// It takes up to 20 ms if the process that holds the lock has not written its record yet, or never writes one.
///
/// `workspace_root`: a directory.
///
/// `state` receives the answer on RALPH_LOCK_OK, else RALPH_LOCK_STATE_FREE. Must not be NULL.
///
/// `metadata` receives the record on RALPH_LOCK_OK: the holder's with RALPH_LOCK_STATE_HELD (NULL if it left
/// none, as flock(1) does), the last holder's with RALPH_LOCK_STATE_STALE, else NULL. The caller frees it with
/// ralph_lock_metadata_free(). May be NULL. A dead process's record with RALPH_LOCK_STATE_HELD means that other
/// processes have inherited its descriptor: see ralph_lock_find_keepers().
///
/// `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_IO: also with ENOMEM if the record does not fit into memory
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_inspect(
    workspace_root: *const c_char,
    state: *mut ralph_lock_state,
    metadata: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    ralph_lock_inspect_with(workspace_root, ptr::null(), state, metadata, error)
}

/// As ralph_lock_inspect(), for the lock that the options name.
///
/// `options`: NULL means the workspace's own lock. Of the options only the lock file is used. The other parameters and
/// the statuses are those of ralph_lock_inspect().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
/// - RALPH_LOCK_IO
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_inspect_with(
    workspace_root: *const c_char,
    options: *const ralph_lock_options,
    state: *mut ralph_lock_state,
    metadata: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let state = Out::new("state", state, ralph_lock_state::Free);
    let metadata = Out::new("metadata", metadata, ptr::null_mut());
    status(error, || {
        state.required()?;
        let (root, options) = (path("workspace_root", &workspace_root)?, options::chosen(options)?);
        let (found, record) = match lock::inspect_workspace(root, options.lock_file.as_deref())? {
            Inspection::Free => (ralph_lock_state::Free, None),
            Inspection::Held(holder) => (ralph_lock_state::Held, holder),
            Inspection::Stale(holder) => (ralph_lock_state::Stale, Some(holder)),
        };
        state.set(found);
        if let Some(record) = record.filter(|_| metadata.is_wanted()) {
            metadata.set(ralph_lock_metadata::new(&record)?);
        }
        Ok(())
    })
}
