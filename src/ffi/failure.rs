//! The reasons why an exported function fails.

use std::io;

use super::status::ralph_lock_status;
use crate::error::{Fault, LockError, os_message};

pub(super) enum Failure {
    Lock(Fault),
    /// The action that failed, and the system call's error.
    System(&'static str, io::Error),
    /// The parameter of that name is not a live handle.
    InvalidHandle(&'static str),
    Panic,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Lock(fault)
    }
}

impl Failure {
    /// A parameter must not be NULL.
    pub(super) fn is_null(name: &'static str) -> Failure {
        LockError::invalid(format!("{name} is NULL")).into()
    }

    /// There is no memory or no handle for another object.
    pub(super) fn no_room() -> Failure {
        Failure::System("make another object (free those no longer needed)", io::Error::from_raw_os_error(libc::ENOMEM))
    }

    pub(super) fn status(&self) -> ralph_lock_status {
        match self {
            Failure::Lock(error) => (&**error).into(),
            Failure::System(..) => ralph_lock_status::RALPH_LOCK_IO,
            Failure::InvalidHandle(_) => ralph_lock_status::RALPH_LOCK_INVALID_HANDLE,
            Failure::Panic => ralph_lock_status::RALPH_LOCK_PANIC,
        }
    }

    /// 0 if no system call failed.
    pub(super) fn os_code(&self) -> i32 {
        match self {
            Failure::Lock(error) => error.os_code().unwrap_or(0),
            Failure::System(_, error) => error.raw_os_error().unwrap_or(0),
            Failure::InvalidHandle(_) | Failure::Panic => 0,
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            Failure::Lock(error) => error.to_string(),
            Failure::System(action, error) => format!("cannot {action}: {}", os_message(error)),
            Failure::InvalidHandle("guard") => {
                "guard is not a live handle: it was released already, or never was a guard".to_owned()
            }
            Failure::InvalidHandle(name) => {
                format!("{name} is not a live handle: it was freed already, or never was one in this process")
            }
            Failure::Panic => "a bug in ralph_lock ended this call; please report it".to_owned(),
        }
    }
}
