//! Identifies file systems on BSD-derived systems: by the flag MNT_LOCAL of statfs(2).

use std::io;
use std::os::fd::BorrowedFd;

use crate::sys::filesystem::Filesystem;

pub(in crate::sys) fn filesystem(file: BorrowedFd<'_>) -> io::Result<Filesystem> {
    Ok(if is_shared(file) { Filesystem::Unknown } else { Filesystem::Local })
}

/// Whether other machines may see this file too; true if that is unknown.
#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly", target_os = "openbsd"))]
pub(in crate::sys) fn is_shared(file: BorrowedFd<'_>) -> bool {
    use std::os::fd::AsRawFd;

    let mut raw = std::mem::MaybeUninit::uninit();
    // SAFETY: the descriptor is open while it is borrowed, and raw has room for one struct statfs.
    if crate::sys::retry(|| crate::sys::check(unsafe { libc::fstatfs(file.as_raw_fd(), raw.as_mut_ptr()) })).is_err() {
        return true;
    }
    // SAFETY: fstatfs succeeded, so it filled raw.
    let raw: libc::statfs = unsafe { raw.assume_init() };
    #[allow(clippy::unnecessary_cast)]
    let flags = raw.f_flags as u64;
    flags & libc::MNT_LOCAL as u64 == 0
}

#[cfg(not(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly", target_os = "openbsd")))]
pub(in crate::sys) fn is_shared(_file: BorrowedFd<'_>) -> bool {
    true
}
