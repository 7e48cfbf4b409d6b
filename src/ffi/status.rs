//! Status codes: the one table of values, names and messages.

use std::ffi::{CStr, c_char};

use crate::error::LockError;

/// How a call ended. Values are fixed: they are never renumbered or reused.
///
/// Values below 100 are ordinary outcomes; values from 100 on are failures. A later version may add values: treat
/// unknown ones as failures.
/// cbindgen:rename-all=None
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
pub enum ralph_lock_status {
    /// The call succeeded.
    RALPH_LOCK_OK = 0,
    /// Another process holds the lock, or another guard of this process.
    RALPH_LOCK_ALREADY_LOCKED = 1,
    /// A lock file, its record, a holder or a workspace does not exist.
    RALPH_LOCK_NOT_FOUND = 2,
    /// The timeout expired before the lock was free.
    RALPH_LOCK_TIMED_OUT = 3,
    /// The wait was cancelled.
    RALPH_LOCK_CANCELLED = 4,
    /// A signal handler ran during the wait; call again to wait again.
    RALPH_LOCK_INTERRUPTED = 5,
    /// The lock was lost: the lock file or a directory above it was removed or replaced, or a server has dropped the
    /// lock.
    RALPH_LOCK_LOST = 6,
    /// The lock is held, but not provably by the process on record.
    RALPH_LOCK_NOT_LIVE = 7,
    /// An argument is NULL, not UTF-8, too long or otherwise impossible; nothing was done.
    RALPH_LOCK_INVALID_ARGUMENT = 100,
    /// The handle was released or freed already, or never was one; nothing was done.
    RALPH_LOCK_INVALID_HANDLE = 101,
    /// A system call failed; `errno` and ralph_lock_error_os_code() have its error.
    RALPH_LOCK_IO = 102,
    /// The lock is held, but the lock file has no record of the holder.
    RALPH_LOCK_PARSE = 103,
    /// The platform has no flock(2), or the kernel lacks what the call needs.
    RALPH_LOCK_UNSUPPORTED_PLATFORM = 104,
    /// The file system does not support locks, or changes the inode number of an open file.
    RALPH_LOCK_UNSUPPORTED_FILESYSTEM = 105,
    /// A bug in this library, caught before it reached the caller; the call had no result.
    RALPH_LOCK_PANIC = 106,
}

use ralph_lock_status::*;

const TABLE: [(ralph_lock_status, &CStr, &CStr); 15] = [
    (RALPH_LOCK_OK, c"RALPH_LOCK_OK", c"it worked"),
    (RALPH_LOCK_ALREADY_LOCKED, c"RALPH_LOCK_ALREADY_LOCKED", c"another process holds the lock"),
    (
        RALPH_LOCK_NOT_FOUND,
        c"RALPH_LOCK_NOT_FOUND",
        c"the lock file, its record, a holder or a workspace does not exist",
    ),
    (RALPH_LOCK_TIMED_OUT, c"RALPH_LOCK_TIMED_OUT", c"the timeout expired"),
    (RALPH_LOCK_CANCELLED, c"RALPH_LOCK_CANCELLED", c"the wait was cancelled"),
    (RALPH_LOCK_INTERRUPTED, c"RALPH_LOCK_INTERRUPTED", c"a signal interrupted the wait"),
    (
        RALPH_LOCK_LOST,
        c"RALPH_LOCK_LOST",
        c"the lock file or a directory above it was removed or replaced, or its server dropped the lock",
    ),
    (RALPH_LOCK_NOT_LIVE, c"RALPH_LOCK_NOT_LIVE", c"the process on record is not provably the holder"),
    (
        RALPH_LOCK_INVALID_ARGUMENT,
        c"RALPH_LOCK_INVALID_ARGUMENT",
        c"an argument is NULL, not UTF-8, too long or otherwise impossible",
    ),
    (
        RALPH_LOCK_INVALID_HANDLE,
        c"RALPH_LOCK_INVALID_HANDLE",
        c"the handle was released or freed already, or never was one",
    ),
    (RALPH_LOCK_IO, c"RALPH_LOCK_IO", c"a system call failed; errno has its error"),
    (RALPH_LOCK_PARSE, c"RALPH_LOCK_PARSE", c"the lock file has no record of the holder"),
    (
        RALPH_LOCK_UNSUPPORTED_PLATFORM,
        c"RALPH_LOCK_UNSUPPORTED_PLATFORM",
        c"this platform lacks a system call that this function needs",
    ),
    (
        RALPH_LOCK_UNSUPPORTED_FILESYSTEM,
        c"RALPH_LOCK_UNSUPPORTED_FILESYSTEM",
        c"the file system cannot be used for locks",
    ),
    (RALPH_LOCK_PANIC, c"RALPH_LOCK_PANIC", c"a bug in ralph_lock ended this call; please report it"),
];

impl ralph_lock_status {
    /// The status with this value.
    pub(super) fn of(number: i32) -> Option<ralph_lock_status> {
        find(number).map(|(status, ..)| *status)
    }
}

impl From<&LockError> for ralph_lock_status {
    fn from(error: &LockError) -> ralph_lock_status {
        match error {
            LockError::AlreadyLocked { .. } => RALPH_LOCK_ALREADY_LOCKED,
            LockError::TimedOut { .. } => RALPH_LOCK_TIMED_OUT,
            LockError::Cancelled { .. } => RALPH_LOCK_CANCELLED,
            LockError::NotFound { .. } => RALPH_LOCK_NOT_FOUND,
            LockError::Interrupted { .. } => RALPH_LOCK_INTERRUPTED,
            LockError::Lost { .. } => RALPH_LOCK_LOST,
            LockError::NoRecord { .. } => RALPH_LOCK_PARSE,
            LockError::NotLive { .. } => RALPH_LOCK_NOT_LIVE,
            LockError::InvalidArgument(_) | LockError::NotLockFile { .. } => RALPH_LOCK_INVALID_ARGUMENT,
            LockError::Io { .. }
            | LockError::Denied { .. }
            | LockError::NoDirectory { .. }
            | LockError::NotRegular { .. } => RALPH_LOCK_IO,
            LockError::UnsupportedPlatform => RALPH_LOCK_UNSUPPORTED_PLATFORM,
            LockError::UnsupportedFilesystem { .. } | LockError::Unsettled { .. } => RALPH_LOCK_UNSUPPORTED_FILESYSTEM,
        }
    }
}

/// The status's name as in this header, for instance "RALPH_LOCK_IO"; for any other number
/// "RALPH_LOCK_UNKNOWN_STATUS". Never NULL. The string is static and is not freed.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_status_name(status: i32) -> *const c_char {
    find(status).map_or(c"RALPH_LOCK_UNKNOWN_STATUS", |(_, name, _)| name).as_ptr()
}

/// The meaning of a status in a few words. Any number is allowed. Never NULL. The string is static and is not freed.
/// The details of a call are in its error object; for functions without one, this is the message.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_status_message(status: i32) -> *const c_char {
    find(status).map_or(c"unknown status", |(_, _, message)| message).as_ptr()
}

fn find(status: i32) -> Option<&'static (ralph_lock_status, &'static CStr, &'static CStr)> {
    TABLE.iter().find(|(known, ..)| *known as i32 == status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_the_name_that_the_header_gives_it() {
        for (status, name, message) in TABLE {
            assert_eq!(format!("{status:?}"), name.to_str().unwrap());
            assert!(!message.is_empty());
        }
    }
}
