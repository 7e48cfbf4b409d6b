//! Numbers of descriptors. The library's are never 0, 1 or 2, even in a process that was started without its standard
//! streams: a printf would write into the lock file.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::check;

/// Takes ownership of the descriptor that a system call has just returned, and moves it above the standard streams.
pub(super) fn opened(result: libc::c_int) -> io::Result<OwnedFd> {
    let fd = check(result)?;
    // SAFETY: the call has just made this descriptor, so it has no other owner.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    if fd.as_raw_fd() > libc::STDERR_FILENO { Ok(fd) } else { copy_above(fd.as_fd(), libc::STDERR_FILENO) }
}

/// The same open file under a number above this one. F_DUPFD_CLOEXEC, fcntl(2).
pub(crate) fn copy_above(file: BorrowedFd<'_>, number: RawFd) -> io::Result<OwnedFd> {
    let least = number.max(libc::STDERR_FILENO) + 1;
    // SAFETY: no memory is involved; the result is a new descriptor or -1.
    let fd = check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, least) })?;
    // SAFETY: the descriptor has just been made, so it has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
