//! Every failure, with a message that names the file and the remedy.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::escape::Escaping;
use crate::process::Liveness;
use crate::record::Holder;

/// Boxed, so that `Result` stays small.
pub(crate) type Fault = Box<LockError>;

/// Why a lock could not be taken, read or released.
///
/// Its text is one line, safe to print at a terminal: what comes from paths and records is escaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process holds the lock. The holder is None when there is no record of it, for instance
    /// when it is `flock(1)`. `root` is there when the workspace's directory is locked and its lock file is not.
    AlreadyLocked { path: PathBuf, holder: Option<Box<Holder>>, root: Option<Box<RootHolder>> },

    /// The timeout expired. The holder is the last known one.
    TimedOut { path: PathBuf, holder: Option<Box<Holder>> },

    /// The wait was cancelled. The holder is the last known one.
    Cancelled { path: PathBuf, holder: Option<Box<Holder>> },

    /// A lock file, its record, a holder or a workspace does not exist.
    NotFound { path: PathBuf, reason: String },

    /// A signal handler ran during the wait; the caller may wait again.
    Interrupted { path: PathBuf },

    /// The lock was lost: the lock file or a directory above it was removed or replaced, or a server has dropped the
    /// lock.
    Lost { path: PathBuf },

    /// The lock is held, but there is no record of the holder.
    NoRecord { path: PathBuf },

    /// The lock is held, but not provably by the process on record.
    NotLive { path: PathBuf, pid: u32, liveness: Liveness },

    /// An argument that can never work, and why.
    InvalidArgument(String),

    /// A system call failed.
    Io { action: &'static str, path: PathBuf, source: io::Error },

    /// The caller may not use the file or a directory on the way, or signal the holder, and why.
    Denied { action: &'static str, path: PathBuf, source: io::Error, reason: String },

    /// The workspace root is missing or not a directory.
    NoDirectory { path: PathBuf, source: io::Error },

    /// An object other than a regular file is in the lock file's place. It was left untouched.
    NotRegular { path: PathBuf, kind: &'static str, os_code: i32 },

    /// The chosen lock file contains text that is not a record. It was left untouched.
    NotLockFile { path: PathBuf },

    /// The platform has no flock(2), or the kernel lacks what the call needs.
    UnsupportedPlatform,

    /// The file system does not support locks.
    UnsupportedFilesystem { path: PathBuf, source: io::Error },

    /// Each time the lock was taken, another file was at the path: a program keeps replacing it, or the file system
    /// gives it changing inode numbers.
    Unsettled { path: PathBuf },
}

/// The process that has locked a workspace's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RootHolder {
    /// The directory.
    pub root: PathBuf,
    /// The process, where /proc/locks lists it.
    pub process: Option<u32>,
}

impl fmt::Display for LockError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(&mut Escaping(out))
    }
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

    pub(crate) fn too_long(path: &Path) -> Fault {
        LockError::invalid(format!("the path is too long: {}", path.display()))
    }

    fn describe(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            LockError::AlreadyLocked { path, root: Some(holder), .. } => {
                write!(out, "the directory {} is locked by ", holder.root.display())?;
                match holder.process {
                    Some(process) => write!(out, "process {process}")?,
                    None => out.write_str("another process")?,
                }
                let reason =
                    "the holder's lock file was removed, or a program such as flock(1) has locked the directory";
                write!(out, ", but {} is not: {reason}", path.display())
            }
            LockError::AlreadyLocked { path, holder, .. } => {
                write!(out, "{} is locked by ", path.display())?;
                describe(holder.as_deref(), out)
            }
            LockError::TimedOut { path, holder } => {
                write!(out, "timed out waiting for {}, which is locked by ", path.display())?;
                describe(holder.as_deref(), out)
            }
            LockError::Cancelled { path, .. } => write!(out, "the wait for {} was cancelled", path.display()),
            LockError::NotFound { path, reason } => write!(out, "{}: {reason}", path.display()),
            LockError::Interrupted { path } => write!(out, "a signal interrupted the wait for {}", path.display()),
            LockError::Lost { path } => {
                let reason = "the file or a directory above it was removed or replaced, or its server dropped the lock";
                write!(out, "the lock of {} was lost: {reason}", path.display())
            }
            LockError::NoRecord { path } => write!(out, "{} is held by a process that left no record", path.display()),
            LockError::NotLive { path, pid, liveness } => {
                let doubt = doubt(*liveness);
                write!(out, "{} is held, but the holder on record, process {pid}, {doubt}", path.display())
            }
            LockError::InvalidArgument(message) => out.write_str(message),
            LockError::Denied { action, path, source, reason } => {
                write!(out, "cannot {action} {}: {}: {reason}", path.display(), os_message(source))
            }
            LockError::Io { action, path, source } => {
                write!(out, "cannot {action} {}: {}", path.display(), os_message(source))
            }
            LockError::NoDirectory { path, source } => {
                let exists = source.kind() != io::ErrorKind::NotFound;
                write!(out, "{}: {}", if exists { "not a directory" } else { "no such directory" }, path.display())
            }
            LockError::NotRegular { path, kind, .. } => {
                let remedy = if *kind == "a directory" { "choose another path, or move it away" } else { "remove it" };
                write!(out, "{} is {kind}, and a lock file must be a regular file: {remedy}", path.display())
            }
            LockError::NotLockFile { path } => {
                let reason = "its text is neither blank nor a holder's record, and would be overwritten";
                write!(out, "{} is not a lock file: {reason}; choose a file used only for locking", path.display())
            }
            LockError::UnsupportedPlatform => {
                out.write_str("this platform lacks a system call that this function needs")
            }
            LockError::UnsupportedFilesystem { path, source } => {
                let reason = os_message(source);
                write!(out, "the file system of {} cannot be used for locks: {reason}", path.display())
            }
            LockError::Unsettled { path } => {
                let remedy = "stop the program that replaces it, or use a file system with stable inode numbers";
                write!(out, "{} is replaced faster than it can be locked: {remedy}", path.display())
            }
        }
    }

    /// The file that the failure is about, if any.
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
            | LockError::Denied { path, .. }
            | LockError::NoDirectory { path, .. }
            | LockError::NotRegular { path, .. }
            | LockError::NotLockFile { path }
            | LockError::UnsupportedFilesystem { path, .. }
            | LockError::Unsettled { path } => Some(path),
            LockError::InvalidArgument(_) | LockError::UnsupportedPlatform => None,
        }
    }

    /// The last known holder of the lock.
    pub fn holder(&self) -> Option<&Holder> {
        match self {
            LockError::AlreadyLocked { holder, .. }
            | LockError::TimedOut { holder, .. }
            | LockError::Cancelled { holder, .. } => holder.as_deref(),
            _ => None,
        }
    }

    /// The operating system's error number, if any.
    pub fn os_code(&self) -> Option<i32> {
        match self {
            LockError::Io { source, .. }
            | LockError::Denied { source, .. }
            | LockError::NoDirectory { source, .. }
            | LockError::UnsupportedFilesystem { source, .. } => source.raw_os_error(),
            LockError::NotRegular { os_code, .. } => Some(*os_code),
            _ => None,
        }
    }
}

/// The system's text for one of its errors, for instance "No such file or directory (os error 2)".
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
        Liveness::Recycled => "has ended, and another process has its pid",
        Liveness::Foreign => "belongs to another host, boot or pid namespace",
        Liveness::Unknown => "cannot be told apart from earlier and later processes with its pid",
    }
}

fn describe(holder: Option<&Holder>, out: &mut impl fmt::Write) -> fmt::Result {
    let Some(holder) = holder else {
        return out.write_str("a process that left no record");
    };
    if holder.is_gone() {
        out.write_str("processes that inherited the lock of a holder that has ended: ")?;
    }
    out.write_str(&holder.summary())
}
