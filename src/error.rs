//! What can go wrong, in words that name the file and say what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::process::Liveness;
use crate::record::Holder;

/// An error on its way up, in a single word: functions that pass it on stay small.
pub(crate) type Fault = Box<LockError>;

/// Why a lock was not taken, read or given up as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Somebody else holds the lock. The holder is None when nobody is on record, for instance
    /// when it is `flock(1)`.
    #[error("{} is locked by {}", path.display(), describe(holder.as_deref()))]
    AlreadyLocked { path: PathBuf, holder: Option<Box<Holder>> },

    /// The time to wait was over. The holder is who held the lock at the last look.
    #[error("waited long enough for {}, which is locked by {}", path.display(), describe(holder.as_deref()))]
    TimedOut { path: PathBuf, holder: Option<Box<Holder>> },

    /// The wait was cancelled. The holder is who held the lock at the last look.
    #[error("the wait for {} was cancelled", path.display())]
    Cancelled { path: PathBuf, holder: Option<Box<Holder>> },

    /// What was asked for does not exist: a lock file, a record in it, a holder, a workspace.
    #[error("{}: {reason}", path.display())]
    NotFound { path: PathBuf, reason: String },

    /// A signal handler ran during a blocking wait; waiting again goes on.
    #[error("a signal interrupted the wait for {}", path.display())]
    Interrupted { path: PathBuf },

    /// The path no longer leads to the file that the guard holds: somebody removed or replaced it. Or a server
    /// has let go of its lock.
    #[error("the lock of {} was lost: the file was removed or replaced, or its server let go of it", path.display())]
    Lost { path: PathBuf },

    /// The lock is held, but there is no record of the holder.
    #[error("{} is held by somebody who left no record", path.display())]
    NoRecord { path: PathBuf },

    /// The lock is held, but not provably by the process on record.
    #[error("{} is held, but the holder on record, process {pid}, {}", path.display(), doubt(*liveness))]
    NotLive { path: PathBuf, pid: u32, liveness: Liveness },

    /// An argument that can never work, and why.
    #[error("{0}")]
    InvalidArgument(String),

    /// A system call failed.
    #[error("cannot {action} {}: {}", path.display(), os_message(source))]
    Io { action: &'static str, path: PathBuf, source: io::Error },

    /// Something that is no regular file is in the lock file's place. It was left untouched.
    #[error("{} is {kind}, and a lock file must be a regular file: remove it", path.display())]
    NotRegular { path: PathBuf, kind: &'static str, os_code: i32 },

    /// The platform has no flock(2), or the kernel lacks what this one call needs.
    #[error("this platform lacks a system call that is needed for this")]
    UnsupportedPlatform,

    /// The file system does not lock.
    #[error("the file system of {} cannot be used for locks: {}", path.display(), os_message(source))]
    UnsupportedFilesystem { path: PathBuf, source: io::Error },

    /// Whenever the lock was taken, another file was at the path: somebody replaces it all the time, or
    /// the file system does not tell files apart.
    #[error("{} is replaced faster than it can be locked, or changes its identity", path.display())]
    Unsettled { path: PathBuf },
}

impl From<Fault> for LockError {
    fn from(fault: Fault) -> LockError {
        *fault
    }
}

impl LockError {
    pub(crate) fn invalid(message: impl Into<String>) -> Fault {
        Box::new(LockError::InvalidArgument(message.into()))
    }

    /// The file that it is about, where it is about one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            LockError::AlreadyLocked { path, .. }
            | LockError::TimedOut { path, .. }
            | LockError::Cancelled { path, .. }
            | LockError::NotFound { path, .. }
            | LockError::Interrupted { path }
            | LockError::Lost { path }
            | LockError::NoRecord { path }
            | LockError::NotLive { path, .. }
            | LockError::Io { path, .. }
            | LockError::NotRegular { path, .. }
            | LockError::UnsupportedFilesystem { path, .. }
            | LockError::Unsettled { path } => Some(path),
            LockError::InvalidArgument(_) | LockError::UnsupportedPlatform => None,
        }
    }

    /// Who holds the lock, or held it at the last look, where that is known.
    pub fn holder(&self) -> Option<&Holder> {
        match self {
            LockError::AlreadyLocked { holder, .. }
            | LockError::TimedOut { holder, .. }
            | LockError::Cancelled { holder, .. } => holder.as_deref(),
            _ => None,
        }
    }

    /// The operating system's error number, where there is one.
    pub fn os_code(&self) -> Option<i32> {
        match self {
            LockError::Io { source, .. } | LockError::UnsupportedFilesystem { source, .. } => source.raw_os_error(),
            LockError::NotRegular { os_code, .. } => Some(*os_code),
            _ => None,
        }
    }
}

/// What the system says of an error of its own, for instance "No such file or directory (os error 2)".
#[cfg(unix)]
pub(crate) fn os_message(error: &io::Error) -> String {
    let code = error.raw_os_error().unwrap_or(libc::EIO);
    format!("{} (os error {code})", crate::sys::errno::text(code))
}

#[cfg(not(unix))]
pub(crate) fn os_message(error: &io::Error) -> String {
    error.to_string()
}

fn doubt(liveness: Liveness) -> &'static str {
    match liveness {
        Liveness::Live => "does not hold it",
        Liveness::Dead => "has ended; another process has inherited its descriptor",
        Liveness::Recycled => "has ended, and another process has its number",
        Liveness::Foreign => "belongs to another host, boot or pid namespace",
        Liveness::Unknown => "cannot be told from others that had or will have its number",
    }
}

fn describe(holder: Option<&Holder>) -> String {
    match holder {
        Some(holder) => {
            let ended = if holder.is_gone() { ", which has ended: others have inherited its descriptor" } else { "" };
            format!("process {} since {}{ended}", holder.pid, holder.started_rfc3339())
        }
        None => "a process that left no record of itself".to_owned(),
    }
}
