//! Hands a held lock to another process.

use std::ffi::c_char;
use std::ptr;

use super::call::{Out, path, status, text};
use super::error::ralph_lock_error;
use super::guard::{NOT_LIVE, ralph_lock_guard};
use super::handles::find;
use super::options::{self, ralph_lock_options};
use super::status::ralph_lock_status;
use crate::ops::{adopt_number, take_number};

/// Turns a guard into a descriptor, for a child process that continues with the lock. The guard ends, and the lock does
/// not: it is held while any copy of the descriptor is open, in any process, and the record still names this process.
/// The descriptor stays open across exec; it can also be sent over a Unix socket (SCM_RIGHTS, unix(7)). The receiver
/// calls ralph_lock_adopt_fd(). This process can call it too, to take the lock back.
///
/// This call unlocks the root, and the adopter locks it again: in between only the lock file protects the workspace.
/// Remove nothing from `.ralph` meanwhile.
///
/// The caller owns the descriptor. Close it once the child has it: while it is open here, the lock is not free when the
/// child dies.
///
/// `guard`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `fd` receives the descriptor on RALPH_LOCK_OK, else -1. Must not
/// be NULL. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK: the guard has ended; every other status leaves it unchanged
/// - RALPH_LOCK_LOST: the guard's descriptors were closed
/// - RALPH_LOCK_INVALID_ARGUMENT: also if the guard belongs to the parent process
/// - RALPH_LOCK_INVALID_HANDLE: released already, or never a guard
/// - RALPH_LOCK_IO: there is no descriptor left (EMFILE)
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn ralph_lock_guard_into_fd(
    guard: *mut ralph_lock_guard,
    fd: *mut i32,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let fd = Out::new("fd", fd, -1);
    status(error, || {
        fd.required()?;
        let entry = find("guard", guard)?;
        fd.set(take_number(&entry.0)?.ok_or(NOT_LIVE)?);
        entry.retire();
        Ok(())
    })
}

/// Makes a guard of a descriptor from ralph_lock_guard_into_fd(), here or in another process, and makes this process
/// the holder on record. The lock is never free in between, and the process that held it before may end. It also adopts
/// a shell's lock: `exec 9<>.ralph/loop.lock; flock 9`. With a descriptor that has no lock it takes the lock, if that
/// is free.
///
/// To the kernel all copies of a descriptor are one: adopt only one of them. A shared lock on the descriptor (flock -s)
/// is converted, which is not atomic, flock(2): if another process gets the lock in that instant, the shared lock is
/// lost and the call is refused.
///
/// The parameters are those of ralph_lock_acquire_with(); of the options only the lock file is used. `fd` is a
/// descriptor of the lock file, open for reading and writing, without O_APPEND. On RALPH_LOCK_OK it belongs to the
/// guard and is closed; otherwise it stays the caller's, with the exclusive lock that it had or that the call has
/// taken: close it to give that up.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_ALREADY_LOCKED: another process holds the lock, through another descriptor
/// - RALPH_LOCK_LOST: the lock file was removed from the workspace, or another process holds the workspace
/// - RALPH_LOCK_INVALID_ARGUMENT: also if the descriptor is not open, not for reading and writing, or of another
///   file, or if the chosen lock file contains text that is not a lock file's
/// - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
/// - RALPH_LOCK_IO
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn ralph_lock_adopt_fd(
    workspace_root: *const c_char,
    prompt: *const c_char,
    options: *const ralph_lock_options,
    fd: i32,
    guard: *mut *mut ralph_lock_guard,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let guard = Out::new("guard", guard, ptr::null_mut());
    status(error, || {
        guard.required()?;
        let (root, prompt) = (path("workspace_root", &workspace_root)?, text("prompt", &prompt)?);
        let chosen = options::chosen(options)?;
        guard.set(ralph_lock_guard::new(adopt_number(root, prompt, &chosen, fd)?)?);
        Ok(())
    })
}
