//! Is a file on this machine's own file system, or on one that other machines share?

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Answers already given, by device: `device << 2 | shared << 1 | 1`. A direct-mapped cache that
/// needs no lock: an entry is one word, and a lost update only asks the kernel once more. A device
/// number that returns for another file system after an unmount can leave a wrong answer here; it
/// costs one fsync too many or too few, never the lock.
static KNOWN: [AtomicU64; 16] = [const { AtomicU64::new(0) }; 16];

/// Whether other machines may see this file too. When in doubt: yes.
pub(crate) fn is_shared(file: BorrowedFd<'_>, device: u64) -> bool {
    let slot = &KNOWN[(device ^ (device >> 8)) as usize % KNOWN.len()];
    let known = slot.load(Relaxed);
    if known & 1 == 1 && known >> 2 == device {
        return known & 2 != 0;
    }
    let shared = ask_kernel(file);
    slot.store(device << 2 | u64::from(shared) << 1 | 1, Relaxed);
    shared
}

/// The magic numbers of statfs(2) and the kernel's include/uapi/linux/magic.h whose files live on
/// other machines, or may (FUSE carries sshfs and GlusterFS as well as local ones).
#[cfg(any(target_os = "linux", target_os = "android"))]
const SHARED: [u32; 14] = [
    0x0000_6969, // NFS
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB2
    0x0000_517b, // SMB
    0x00c3_6400, // Ceph
    0x6573_5546, // FUSE
    0x0102_1997, // 9P
    0x5346_414f, // OpenAFS
    0x6b41_4653, // kAFS
    0x0116_1970, // GFS2
    0x7461_636f, // OCFS2
    0x0bd0_0bd0, // Lustre
    0x7375_7245, // Coda
    0x786f_4256, // VirtualBox shared folder
];

#[cfg(any(target_os = "linux", target_os = "android"))]
fn ask_kernel(file: BorrowedFd<'_>) -> bool {
    // The magic is 32 bits wide in a field whose type differs between architectures.
    #[allow(clippy::unnecessary_cast)]
    fstatfs(file).is_none_or(|found| SHARED.contains(&(found.f_type as u32)))
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly", target_os = "openbsd"))]
fn ask_kernel(file: BorrowedFd<'_>) -> bool {
    #[allow(clippy::unnecessary_cast)]
    fstatfs(file).is_none_or(|found| found.f_flags as u64 & libc::MNT_LOCAL as u64 == 0)
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "openbsd"
)))]
fn ask_kernel(_file: BorrowedFd<'_>) -> bool {
    true
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "openbsd"
))]
fn fstatfs(file: BorrowedFd<'_>) -> Option<libc::statfs> {
    use std::os::fd::AsRawFd;
    let mut raw = std::mem::MaybeUninit::uninit();
    // SAFETY: the descriptor is open while it is borrowed, and raw has room for one struct statfs.
    super::retry(|| super::check(unsafe { libc::fstatfs(file.as_raw_fd(), raw.as_mut_ptr()) })).ok()?;
    // SAFETY: fstatfs succeeded, so it filled raw.
    Some(unsafe { raw.assume_init() })
}
