//! Owner, group and permissions of a file or directory, by its descriptor.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{check, file, retry};

/// An owner, a group, and the permission bits with set-group-ID and sticky.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) user: u32,
    pub(crate) group: u32,
    pub(crate) mode: u32,
}

/// fstat(2).
pub(crate) fn of(object: BorrowedFd<'_>) -> io::Result<Access> {
    let file::Stat { user, group, mode, .. } = file::stat(object)?;
    Ok(Access { user, group, mode })
}

/// fchown(2); None leaves that part unchanged.
pub(crate) fn set_owner(object: BorrowedFd<'_>, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    let (user, group) = (user.unwrap_or(u32::MAX), group.unwrap_or(u32::MAX));
    // SAFETY: no memory is involved.
    retry(|| check(unsafe { libc::fchown(object.as_raw_fd(), user, group) })).map(drop)
}

/// fchmod(2).
pub(crate) fn set_mode(object: BorrowedFd<'_>, mode: u32) -> io::Result<()> {
    // SAFETY: no memory is involved.
    retry(|| check(unsafe { libc::fchmod(object.as_raw_fd(), mode as libc::mode_t) })).map(drop)
}

/// geteuid(2).
pub(crate) fn effective_user() -> u32 {
    // SAFETY: no memory is involved, and it always succeeds.
    unsafe { libc::geteuid() }
}

/// Whether the object has an access control list, acl(5). Then the group bits of its mode are the list's mask, not the
/// permissions of its group. True if that cannot be determined.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn has_list(object: BorrowedFd<'_>) -> bool {
    let name = c"system.posix_acl_access";
    // SAFETY: the name is NUL-terminated, and a size of 0 asks for the size alone: nothing is written.
    let size = unsafe { libc::fgetxattr(object.as_raw_fd(), name.as_ptr(), std::ptr::null_mut(), 0) };
    let code = io::Error::last_os_error().raw_os_error();
    size >= 0 || !matches!(code, Some(libc::ENODATA | libc::EOPNOTSUPP | libc::ENOSYS))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn has_list(_object: BorrowedFd<'_>) -> bool {
    false
}
