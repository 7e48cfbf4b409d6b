//! Options of an acquire.

use std::ffi::c_char;
use std::ptr;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use super::call::{path, status};
use super::cancel::{self, ralph_lock_cancel};
use super::catch::value;
use super::failure::Failure;
use super::handles::{find, free, hand_over};
use super::status::ralph_lock_status;
use crate::error::LockError;
use crate::lock::check_lock_file;
use crate::wait::AcquireOptions;

/// How to acquire: for how long to wait, what ends the wait, which lock file. Belongs to the caller,
/// who frees it with ralph_lock_options_free(). It can serve any number of calls, in many threads at a
/// time; a change counts for the calls that begin after it.
#[allow(non_camel_case_types)]
pub struct ralph_lock_options(Mutex<AcquireOptions>);

/// A copy of the options of a handle that C passes; new ones for NULL.
pub(super) fn chosen(options: *const ralph_lock_options) -> Result<AcquireOptions, Failure> {
    if options.is_null() {
        return Ok(AcquireOptions::new());
    }
    let found = find("options", options)?;
    lock(&found).map(|options| options.clone())
}

fn change(
    options: *mut ralph_lock_options,
    change: &dyn Fn(&mut AcquireOptions) -> Result<(), Failure>,
) -> ralph_lock_status {
    status(ptr::null_mut(), || {
        let found = find("options", options)?;
        change(&mut *lock(&found)?)
    })
}

/// Options are locked while they are copied. The wait has an end: a forked child could wait for a thread that it
/// does not have.
fn lock(options: &ralph_lock_options) -> Result<MutexGuard<'_, AcquireOptions>, Failure> {
    for _ in 0..10_000 {
        if let Ok(options) = options.0.try_lock() {
            return Ok(options);
        }
        thread::yield_now();
    }
    Err(LockError::invalid("another thread was using these options when this process was forked").into())
}

/// Makes options that say nothing yet: wait without limit, for the workspace's own lock. (Where a function takes
/// options, NULL means something else: try once.) NULL when too many objects were not freed, of which a process can
/// have a million.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_options_new() -> *mut ralph_lock_options {
    value(ptr::null_mut(), || hand_over(ralph_lock_options(Mutex::default())))
}

/// Sets how long to wait at most, in milliseconds, by CLOCK_MONOTONIC. 0 tries once. UINT64_MAX waits without
/// limit, as new options do.
///
/// `options`: NULL is RALPH_LOCK_INVALID_ARGUMENT.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_INVALID_HANDLE
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_options_set_timeout_ms(
    options: *mut ralph_lock_options,
    timeout_ms: u64,
) -> ralph_lock_status {
    change(options, &|options| {
        options.timeout = (timeout_ms != u64::MAX).then(|| Duration::from_millis(timeout_ms));
        Ok(())
    })
}

/// Lets a token end the wait. The options keep the token for themselves: the caller may free its own handle at any
/// time.
///
/// `options`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `cancel`: NULL removes the token from the options.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_INVALID_HANDLE: options or cancel is no live handle; the options are as before
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_options_set_cancel(
    options: *mut ralph_lock_options,
    cancel: *const ralph_lock_cancel,
) -> ralph_lock_status {
    change(options, &|options| {
        options.cancel = if cancel.is_null() { None } else { Some(cancel::token(cancel)?) };
        Ok(())
    })
}

/// Locks another file of the workspace instead of RALPH_LOCK_FILE.
///
/// The file is for locking alone, and its text is replaced. One that is neither blank, nor a record of a holder,
/// nor the beginning of a record that this library writes is refused by the functions that take the lock, with
/// RALPH_LOCK_INVALID_ARGUMENT, and left untouched. A file that is RALPH_LOCK_FILE under another name is the
/// workspace's own lock.
///
/// `options`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `lock_file`: a path below the workspace root, for instance
/// "build/deploy.lock", whose missing directories are made. It is copied. Absolute paths, "..", directories and
/// ".ralph" itself are refused. NULL goes back to RALPH_LOCK_FILE.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT: options is NULL, or such a path; the options are as before
/// - RALPH_LOCK_INVALID_HANDLE
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_options_set_lock_file(
    options: *mut ralph_lock_options,
    lock_file: *const c_char,
) -> ralph_lock_status {
    change(options, &|options| {
        let mut chosen = None;
        if !lock_file.is_null() {
            let lock_file = path("lock_file", &lock_file)?;
            check_lock_file(lock_file)?;
            chosen = Some(lock_file.to_owned());
        }
        options.lock_file = chosen;
        Ok(())
    })
}

/// Frees options; waits that began with them go on. NULL and options that were freed already are left
/// alone.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_options_free(options: *mut ralph_lock_options) {
    free(options);
}
