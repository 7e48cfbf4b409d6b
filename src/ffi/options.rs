//! Options for an acquire.

use std::ffi::c_char;
use std::ptr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::call::{path, status};
use super::cancel::{self, ralph_lock_cancel};
use super::catch::value;
use super::failure::Failure;
use super::handles::{find, free, hand_over};
use super::status::ralph_lock_status;
use crate::error::LockError;
use crate::lock::check_lock_file;
use crate::sys::clock;
use crate::wait::AcquireOptions;

/// How to acquire: how long to wait, what ends the wait, which lock file. The caller owns it and frees it with
/// ralph_lock_options_free(). It can serve any number of calls, in many threads at a time; a change applies to calls
/// that begin after it. In a forked child, options that another thread was using at the fork give
/// RALPH_LOCK_INVALID_ARGUMENT.
#[allow(non_camel_case_types)]
pub struct ralph_lock_options(Mutex<AcquireOptions>);

/// A copy of the options behind a handle from C; new options for NULL.
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

/// Options are locked while they are copied or changed. The wait is limited to about a second: in a forked child the
/// lock may belong to a thread that does not exist there.
fn lock(options: &ralph_lock_options) -> Result<MutexGuard<'_, AcquireOptions>, Failure> {
    for _ in 0..1000 {
        if let Ok(options) = options.0.try_lock() {
            return Ok(options);
        }
        // A signal ends it early.
        let _ = clock::sleep(Duration::from_millis(1));
    }
    Err(LockError::invalid("another thread was using these options when this process was forked").into())
}

/// Makes options with the defaults: wait without limit, for the workspace's own lock. (Passing NULL for options means
/// something else: try once.) Returns NULL if the process has a million objects that were not freed, or 65,000 on a
/// 32-bit system.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_options_new() -> *mut ralph_lock_options {
    value(ptr::null_mut(), || hand_over(ralph_lock_options(Mutex::default())))
}

/// Sets the timeout in milliseconds, by CLOCK_MONOTONIC. 0 tries once. UINT64_MAX waits without limit, as new options
/// do.
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

/// Sets a token that ends the wait. The options keep the token: the caller may free its own handle at any time.
///
/// `options`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `cancel`: NULL removes the token from the options.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_INVALID_HANDLE: `options` or `cancel` is not a live handle; the options do not change
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

/// Chooses another file of the workspace as the lock file, instead of RALPH_LOCK_FILE.
///
/// Use the file only for locking: its text is replaced. The functions that take the lock refuse a file that is neither
/// blank, nor a holder's record, nor the beginning of a record that this library writes, with
/// RALPH_LOCK_INVALID_ARGUMENT, and leave it untouched. A file that is RALPH_LOCK_FILE under another name is the
/// workspace's own lock.
///
/// `options`: NULL is RALPH_LOCK_INVALID_ARGUMENT. `lock_file`: a path below the workspace root, for instance
/// "build/deploy.lock", whose missing directories are created. It is copied. Absolute paths, "..", directories and
/// ".ralph" itself are refused. NULL selects RALPH_LOCK_FILE again.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT: `options` is NULL, or the path is refused; the options do not change
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

/// Frees options; waits that began with them continue. NULL and freed options are left alone.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_options_free(options: *mut ralph_lock_options) {
    free(options);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn options_that_another_thread_uses_are_waited_for() {
        let options = &ralph_lock_options(Mutex::default());
        let used = options.0.lock().unwrap();
        std::thread::scope(|scope| {
            let (say, hear) = std::sync::mpsc::channel();
            let waiter = scope.spawn(move || {
                say.send(std::fs::read_link("/proc/thread-self").unwrap()).unwrap();
                lock(options).is_ok()
            });
            let stat = std::path::Path::new("/proc").join(hear.recv().unwrap()).join("stat");
            let sleeps = || std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") S "));
            while !waiter.is_finished() && !sleeps() {}
            drop(used);
            assert!(waiter.join().unwrap());
        });
    }
}
