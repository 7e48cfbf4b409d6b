//! Error objects: all that is to be said about one failed call.

use std::ffi::c_char;
use std::ptr;

use super::boundary::{free, hand_over, look_up, value};
use super::status::{ralph_lock_status, ralph_lock_status_message};
use super::strings::{Offset, Strings};
use crate::error::{Fault, os_message};

/// What went wrong in one call. Comes from the last parameter of every function that can fail, and
/// belongs to the caller, who frees it with ralph_lock_error_free().
#[allow(non_camel_case_types)]
pub struct ralph_lock_error {
    status: ralph_lock_status,
    os_code: i32,
    strings: Strings,
    message: Offset,
    path: Option<Offset>,
}

/// Why an exported function does not answer RALPH_LOCK_OK.
pub(super) enum Failure {
    Lock(Fault),
    /// What could not be done, and the system call's error.
    System(&'static str, std::io::Error),
    /// The parameter of that name is no live handle.
    InvalidHandle(&'static str),
    Panic,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Lock(fault)
    }
}

impl Failure {
    pub(super) fn status(&self) -> ralph_lock_status {
        match self {
            Failure::Lock(error) => (&**error).into(),
            Failure::System(..) => ralph_lock_status::RALPH_LOCK_IO,
            Failure::InvalidHandle(_) => ralph_lock_status::RALPH_LOCK_INVALID_HANDLE,
            Failure::Panic => ralph_lock_status::RALPH_LOCK_PANIC,
        }
    }

    /// 0 where the operating system had no part in it.
    pub(super) fn os_code(&self) -> i32 {
        match self {
            Failure::Lock(error) => error.os_code().unwrap_or(0),
            Failure::System(_, error) => error.raw_os_error().unwrap_or(0),
            Failure::InvalidHandle(_) | Failure::Panic => 0,
        }
    }

    fn message(&self) -> String {
        match self {
            Failure::Lock(error) => error.to_string(),
            Failure::System(action, error) => format!("cannot {action}: {}", os_message(error)),
            Failure::InvalidHandle(name) => {
                format!("{name} is not a live handle: it was released or freed already, or never was one")
            }
            Failure::Panic => "a bug in ralph_lock was stopped at its border; please report it".to_owned(),
        }
    }
}

impl ralph_lock_error {
    /// Puts a failure where C can look at it; NULL if there is no room.
    pub(super) fn new(failure: Failure) -> *mut ralph_lock_error {
        let path = match &failure {
            Failure::Lock(error) => error.path(),
            Failure::System(..) | Failure::InvalidHandle(_) | Failure::Panic => None,
        };
        let mut strings = Strings::with_room(0);
        let message = strings.add(one_line(&failure.message()).as_bytes());
        let path = path.map(|path| strings.add(path.as_os_str().as_encoded_bytes()));
        hand_over(ralph_lock_error { status: failure.status(), os_code: failure.os_code(), strings, message, path })
    }
}

/// The text with its control characters spelled out: a path may hold line breaks and worse, and a
/// message goes to logs and terminals.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line
}

/// The status that the failed call returned. NULL, which is what a call that worked leaves behind,
/// gives RALPH_LOCK_OK; an error that was freed gives RALPH_LOCK_INVALID_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_status(error: *const ralph_lock_error) -> ralph_lock_status {
    if error.is_null() {
        return ralph_lock_status::RALPH_LOCK_OK;
    }
    value(ralph_lock_status::RALPH_LOCK_PANIC, || {
        look_up(error).map_or(ralph_lock_status::RALPH_LOCK_INVALID_HANDLE, |error| error.status)
    })
}

/// The operating system's error number (an `errno` value) behind the failure, or 0 where there was
/// none. NULL and freed errors give 0.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_os_code(error: *const ralph_lock_error) -> i32 {
    value(0, || look_up(error).map_or(0, |error| error.os_code))
}

/// What happened, in one line of UTF-8 for people to read: it names the file and, where there is
/// something to do, says what. Never NULL: for NULL and freed errors it is the message of their
/// status. Borrowed until ralph_lock_error_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_message(error: *const ralph_lock_error) -> *const c_char {
    let general = ralph_lock_status_message(ralph_lock_error_status(error) as i32);
    value(general, || look_up(error).map_or(general, |error| error.strings.get(error.message)))
}

/// The file that the failure is about, byte for byte; NULL where it is about none, and for NULL and
/// freed errors. Borrowed until ralph_lock_error_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_path(error: *const ralph_lock_error) -> *const c_char {
    value(ptr::null(), || look_up(error).and_then(|error| Some(error.strings.get(error.path?))).unwrap_or(ptr::null()))
}

/// Frees an error and every string borrowed from it. NULL and an error that was freed already are
/// left alone.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_error_free(error: *mut ralph_lock_error) {
    free(error);
}
