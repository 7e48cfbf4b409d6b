//! Whether a file is on a file system of this machine alone or on one that other machines share, and what a lock there
//! is worth.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::filesystem::Filesystem;

// Not by the feature "portable": it does not change which file system a file is on.
#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "linux/mount.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "portable/mount.rs")]
mod system;

/// Earlier answers, by device: `device << 2 | shared << 1 | 1`. A direct-mapped cache that needs no lock: an entry is
/// one word, and a lost update only asks the kernel again. If a device number is reused after an unmount, the new file
/// system is taken for the earlier one until the entry is replaced: it is synced, and its locks are verified, as that
/// one's were.
static KNOWN: [AtomicU64; 16] = [const { AtomicU64::new(0) }; 16];

/// Whether other machines may see this file too; true if that is unknown.
pub(crate) fn is_shared(file: BorrowedFd<'_>, device: u64) -> bool {
    let slot = &KNOWN[(device ^ (device >> 8)) as usize % KNOWN.len()];
    let known = slot.load(Relaxed);
    if known & 1 == 1 && known >> 2 == device {
        return known & 2 != 0;
    }
    let shared = system::is_shared(file);
    slot.store(device << 2 | u64::from(shared) << 1 | 1, Relaxed);
    shared
}

/// What the locks of this file are worth, if it can be locked at all.
pub(crate) fn filesystem(file: BorrowedFd<'_>) -> io::Result<Filesystem> {
    system::filesystem(file)
}
