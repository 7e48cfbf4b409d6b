//! Finds the processes that have locked a file, where the kernel has no list of locks (macOS, FreeBSD): those with a
//! descriptor of the file that is marked as one that was locked.

use std::io;
use std::os::fd::BorrowedFd;

use crate::sys::file::{self, FileId};
use crate::sys::kinfo;

/// A file, by its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LockId(FileId);

impl LockId {
    pub(crate) fn of(file: BorrowedFd<'_>) -> io::Result<LockId> {
        Ok(LockId(file::stat(file)?.identity))
    }

    /// The kernel does not say which process took a lock.
    pub(crate) fn owners(&self) -> io::Result<Vec<u32>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

pub(super) fn of_any_lock() -> io::Result<Vec<u32>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The pids of all processes.
pub(crate) fn all_processes() -> io::Result<Vec<u32>> {
    kinfo::processes()
}

/// Whether a process has a descriptor of one of these files that was locked, or on FreeBSD that it tried to lock. An
/// error means that this could not be determined: EPERM for want of permission.
pub(crate) fn has_lock(pid: u32, locks: &[LockId]) -> io::Result<bool> {
    let files: Vec<FileId> = locks.iter().map(|lock| lock.0).collect();
    match kinfo::has_locked(pid, &files) {
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(false),
        result => result,
    }
}
