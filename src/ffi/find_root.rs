//! Finds the workspace that a directory belongs to.

use std::ffi::c_char;

use super::call::{Out, OutSlice, path, status};
use super::error::ralph_lock_error;
use super::status::ralph_lock_status;
use crate::error::LockError;
use crate::ops;

/// Finds the workspace that a directory belongs to: the nearest directory at or above it that contains `.git`, as a
/// directory or as the file of a worktree or a submodule. Each of these is a workspace of its own. A
/// `.ralph/loop.lock` nearer than that counts only while it is held. Without any `.git`, the nearest
/// `.ralph/loop.lock` counts. A `.ralph` directory alone does not.
///
/// The search stops at a mount boundary, as git's does, and never returns a sticky directory such as /tmp, in which
/// every user may create a `.git`. It takes no lock; whether one is held it checks like ralph_lock_is_locked().
///
/// `start`: an existing directory, "." for the current one.
///
/// `buffer` receives an absolute path without symbolic links, terminated by NUL; a longer path is truncated. May be
/// NULL if `capacity` is 0, to ask for the length. `capacity`: the size of the buffer in bytes; PATH_MAX is enough for
/// nearly every path.
///
/// `length` receives the length of the path without the NUL, also if it does not fit; 0 if none was found.
/// Must not be NULL. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_NOT_FOUND: the directory belongs to no workspace
/// - RALPH_LOCK_INVALID_ARGUMENT: also if the capacity is not 0 and the path and its NUL do not fit
/// - RALPH_LOCK_IO: with ENOENT or ENOTDIR if `start` is not a directory, with EACCES if it is not accessible
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM: as in ralph_lock_is_locked()
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_find_root(
    start: *const c_char,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let length = Out::new("length", length, 0);
    let buffer = OutSlice::new("buffer", buffer.cast::<u8>(), capacity);
    buffer.fill(&[0]);
    status(error, || {
        length.required()?;
        buffer.required()?;
        let root = ops::find_root(path("start", &start)?)?;
        let bytes = root.as_os_str().as_encoded_bytes();
        length.set(bytes.len());
        // One byte is for the NUL.
        let fitting = bytes.len().min(capacity.saturating_sub(1));
        buffer.fill(&[&bytes[..fitting], &[0]].concat());
        if capacity == 0 || fitting == bytes.len() {
            return Ok(());
        }
        let message = format!("the buffer has {capacity} bytes, and the path needs {}", bytes.len() + 1);
        Err(LockError::invalid(message).into())
    })
}
