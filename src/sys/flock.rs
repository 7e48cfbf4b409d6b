//! The kernel's advisory lock, flock(2). It belongs to the open file description: a forked child shares it, and it ends
//! when the last copy of the descriptor is closed.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{check, retry};

/// Takes the exclusive lock now. False: another descriptor has a lock.
pub(crate) fn try_exclusive(file: BorrowedFd<'_>) -> io::Result<bool> {
    try_flock(file, libc::LOCK_EX)
}

/// Takes a shared lock now. False: another descriptor has the exclusive one.
pub(crate) fn try_shared(file: BorrowedFd<'_>) -> io::Result<bool> {
    try_flock(file, libc::LOCK_SH)
}

/// Waits in the kernel's queue for the exclusive lock. A signal handler that ran without SA_RESTART ends the wait with
/// EINTR, which is returned to the caller.
pub(crate) fn exclusive(file: BorrowedFd<'_>) -> io::Result<()> {
    flock(file, libc::LOCK_EX)
}

/// The same for a shared lock.
pub(crate) fn shared(file: BorrowedFd<'_>) -> io::Result<()> {
    flock(file, libc::LOCK_SH)
}

/// Releases the lock for every copy of the descriptor, those of forked children included.
pub(crate) fn unlock(file: BorrowedFd<'_>) -> io::Result<()> {
    retry(|| flock(file, libc::LOCK_UN))
}

fn try_flock(file: BorrowedFd<'_>, operation: libc::c_int) -> io::Result<bool> {
    match retry(|| flock(file, operation | libc::LOCK_NB)) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::EWOULDBLOCK) => Ok(false),
        Err(error) => Err(error),
    }
}

fn flock(file: BorrowedFd<'_>, operation: libc::c_int) -> io::Result<()> {
    // SAFETY: flock takes a descriptor, which is open while it is borrowed, and touches no memory.
    check(unsafe { libc::flock(file.as_raw_fd(), operation) }).map(drop)
}
