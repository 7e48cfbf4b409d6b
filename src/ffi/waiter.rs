//! Waits in the caller's event loop.

use std::ffi::c_char;
use std::ptr;
use std::sync::Mutex;

use super::call::{Out, path, status, text};
use super::catch::value;
use super::error::ralph_lock_error;
use super::failure::Failure;
use super::guard::ralph_lock_guard;
use super::handles::{find, free, hand_over_or_fail, look_up};
use super::metadata::ralph_lock_metadata;
use super::options::{self, ralph_lock_options};
use super::status::ralph_lock_status;
use crate::error::LockError;
use crate::sys::process;
use crate::wait::Waiter;

/// A wait for a lock in an event loop: poll its descriptor, and step when it is readable. It has no thread. The caller
/// owns it and frees it with ralph_lock_waiter_free(). It belongs to the process that made it: in a forked child it can
/// only be freed.
///
/// The waits of a process for one lock, those of ralph_lock_acquire_with() too, stand in line in the order of their
/// first steps. The kernel wakes the first one, and its end wakes the next. A wait that is not stepped while it is
/// readable delays the others by a second at most. A waiter has one descriptor, or two with a timeout; the first in
/// line has up to six more.
#[allow(non_camel_case_types)]
pub struct ralph_lock_waiter {
    fd: i32,
    /// The process that made it, by `process::instance`.
    owner: u32,
    /// Only tried, never waited for: in a forked child it may be locked by a thread that does not exist there.
    waiter: Mutex<Waiter>,
}

/// Begins a wait for an event loop. It tries nothing yet: call ralph_lock_waiter_step() once before the first poll, or
/// poll at once, because the descriptor is readable for that first step.
///
/// The parameters are those of ralph_lock_acquire_with(), except that NULL for `options` waits without limit. The
/// timeout starts here.
///
/// `waiter` receives the wait on RALPH_LOCK_OK, else NULL. The caller frees it with ralph_lock_waiter_free(). Must
/// not be NULL. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT: also if the options' token belongs to the parent process
/// - RALPH_LOCK_INVALID_HANDLE: `options` is not a live handle
/// - RALPH_LOCK_IO: there is no such root (ENOENT), or no descriptor left (EMFILE, ENFILE, ENOMEM)
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM: the system has no events that a descriptor can wait for
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_waiter_new(
    workspace_root: *const c_char,
    prompt: *const c_char,
    options: *const ralph_lock_options,
    waiter: *mut *mut ralph_lock_waiter,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let waiter = Out::new("waiter", waiter, ptr::null_mut());
    status(error, || {
        waiter.required()?;
        let (root, prompt) = (path("workspace_root", &workspace_root)?, text("prompt", &prompt)?);
        let chosen = options::chosen(options)?;
        let made = Waiter::begin(root, prompt, &chosen)?;
        let entry = ralph_lock_waiter { fd: made.raw_fd(), owner: process::instance(), waiter: Mutex::new(made) };
        waiter.set(hand_over_or_fail(entry)?);
        Ok(())
    })
}

/// The descriptor to poll for reading; it is readable when a step is worthwhile. It stays the same until
/// ralph_lock_waiter_free(), which closes it: remove it from the event loop before. -1 for NULL and freed waiters. It
/// is an epoll(7) set or, on macOS and FreeBSD, a kqueue(2). Watch a kqueue with EVFILT_READ or poll(2), and register
/// nothing in it; a forked child does not inherit it.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_waiter_fd(waiter: *const ralph_lock_waiter) -> i32 {
    value(-1, || look_up(waiter).map_or(-1, |entry| entry.fd))
}

/// Takes the lock if it is free, and does not wait for it. Only a file system whose server does not answer delays this.
///
/// `waiter`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `guard`, `holder` and `error` as in ralph_lock_try_acquire();
/// `holder` receives the last known holder on RALPH_LOCK_TIMED_OUT and RALPH_LOCK_CANCELLED too.
///
/// After any status but RALPH_LOCK_ALREADY_LOCKED the wait is over, and the waiter can only be freed. A call that is
/// refused because of its arguments does not end the wait.
///
/// - RALPH_LOCK_OK: the caller holds the lock
/// - RALPH_LOCK_ALREADY_LOCKED: not yet, poll again
/// - RALPH_LOCK_TIMED_OUT
/// - RALPH_LOCK_CANCELLED
/// - RALPH_LOCK_INVALID_ARGUMENT: a required argument is NULL, another thread is in this function with the same waiter,
///   its wait is over, or the chosen lock file contains text that is not a lock file's
/// - RALPH_LOCK_INVALID_HANDLE: freed, never a waiter, or a waiter of the parent process
/// - RALPH_LOCK_IO: as in ralph_lock_try_acquire()
/// - RALPH_LOCK_UNSUPPORTED_FILESYSTEM
/// - RALPH_LOCK_UNSUPPORTED_PLATFORM: the system has no timers with a descriptor
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn ralph_lock_waiter_step(
    waiter: *mut ralph_lock_waiter,
    guard: *mut *mut ralph_lock_guard,
    holder: *mut *mut ralph_lock_metadata,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let guard = Out::new("guard", guard, ptr::null_mut());
    let holder = Out::new("holder", holder, ptr::null_mut());
    status(error, || {
        guard.required()?;
        let entry = find("waiter", waiter)?;
        if entry.owner != process::instance() {
            return Err(Failure::InvalidHandle("waiter"));
        }
        let busy = |_| LockError::invalid("another thread is stepping this waiter");
        let mut waiter = entry.waiter.try_lock().map_err(busy)?;
        let stepped = match waiter.try_now() {
            Ok(Some(acquired)) => Ok(acquired),
            Ok(None) => Err(waiter.not_yet()),
            Err(error) => Err(error),
        };
        ralph_lock_guard::hand_out(stepped, &guard, &holder)
    })
}

/// Ends a wait and closes its descriptor; the next wait in line goes on. The lock file does not change. NULL and a
/// freed waiter are left alone.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_waiter_free(waiter: *mut ralph_lock_waiter) {
    free(waiter);
}
