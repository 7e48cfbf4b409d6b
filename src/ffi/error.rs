//! Error objects: the details of one failed call.

use std::ffi::{CString, c_char};
use std::ptr;

use super::catch::value;
use super::failure::Failure;
use super::handles::{free, hand_over, look_up};
use super::status::{ralph_lock_status, ralph_lock_status_message};
use crate::sys::handle::{fixed_handle, fixed_number};

/// The details of one failed call, which the function returns through its last parameter. The caller owns it and frees
/// it with ralph_lock_error_free().
#[allow(non_camel_case_types)]
pub struct ralph_lock_error {
    status: ralph_lock_status,
    os_code: i32,
    message: CString,
    path: Option<CString>,
}

impl ralph_lock_error {
    /// Makes a failure into an object for C. None: there is no memory or handle left.
    pub(super) fn new(failure: Failure) -> Option<*mut ralph_lock_error> {
        let path = match &failure {
            Failure::Lock(error) => error.path(),
            Failure::System(..) | Failure::InvalidHandle(_) | Failure::Panic => None,
        };
        // Neither has a NUL: messages are escaped, and a path came from C.
        let message = CString::new(failure.message()).unwrap_or_default();
        let path = path.and_then(|path| CString::new(path.as_os_str().as_encoded_bytes()).ok());
        let (status, os_code) = (failure.status(), failure.os_code());
        let handle = hand_over(ralph_lock_error { status, os_code, message, path });
        (!handle.is_null()).then_some(handle)
    }

    /// The static error object of a failure for which none can be made. It says less, and is never freed.
    pub(super) fn fixed(status: ralph_lock_status, os_code: i32) -> *mut ralph_lock_error {
        let os_code = u8::try_from(os_code).unwrap_or(0);
        ptr::without_provenance_mut(fixed_handle(u16::from_le_bytes([status as u8, os_code])))
    }
}

/// The status and the operating system's error of a static error object.
fn look_up_fixed(error: *const ralph_lock_error) -> Option<(ralph_lock_status, i32)> {
    let [status, os_code] = fixed_number(error.addr())?.to_le_bytes();
    Some((ralph_lock_status::of(status.into())?, os_code.into()))
}

/// The status that the failed call returned. For NULL, which a successful call leaves, it is RALPH_LOCK_OK; for a freed
/// error RALPH_LOCK_INVALID_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_status(error: *const ralph_lock_error) -> ralph_lock_status {
    if error.is_null() {
        return ralph_lock_status::RALPH_LOCK_OK;
    }
    value(ralph_lock_status::RALPH_LOCK_PANIC, || {
        let found = look_up(error).map(|error| error.status);
        let found = found.or_else(|| Some(look_up_fixed(error)?.0));
        found.unwrap_or(ralph_lock_status::RALPH_LOCK_INVALID_HANDLE)
    })
}

/// The operating system's error number (an `errno` value) behind the failure, or 0 if there was none. 0 for NULL and
/// freed errors.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_os_code(error: *const ralph_lock_error) -> i32 {
    value(0, || {
        let found = look_up(error).map(|error| error.os_code);
        found.or_else(|| Some(look_up_fixed(error)?.1)).unwrap_or(0)
    })
}

/// The failure in one line of UTF-8, safe to print at a terminal: it names the file and, if there is one, the remedy.
/// For RALPH_LOCK_ALREADY_LOCKED and RALPH_LOCK_TIMED_OUT it also says what the holder is doing. Never NULL: for NULL
/// and freed errors it is the message of their status. Borrowed until ralph_lock_error_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_message(error: *const ralph_lock_error) -> *const c_char {
    let general = match look_up_fixed(error) {
        Some((_, libc::ENOMEM)) => c"there is no memory for another object: free those no longer needed".as_ptr(),
        _ => ralph_lock_status_message(ralph_lock_error_status(error) as i32),
    };
    value(general, || look_up(error).map_or(general, |error| error.message.as_ptr()))
}

/// The file that the failure is about, byte for byte; NULL if it is not about a file, and for NULL and freed errors.
/// Borrowed until ralph_lock_error_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_path(error: *const ralph_lock_error) -> *const c_char {
    value(ptr::null(), || look_up(error).and_then(|error| Some(error.path.as_ref()?.as_ptr())).unwrap_or(ptr::null()))
}

/// Frees an error and every string borrowed from it. NULL, a freed error, and the static object that a call returns
/// when it cannot make one are left alone.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_free(error: *mut ralph_lock_error) {
    free(error);
}
