//! Identifies file systems on Linux: by the magic numbers of statfs(2), and by the types, sources and options in
//! proc_pid_mountinfo(5).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

// As in file.rs.
#[cfg(not(all(target_env = "gnu", target_pointer_width = "32")))]
use libc::{fstatfs, statfs};
#[cfg(all(target_env = "gnu", target_pointer_width = "32"))]
use libc::{fstatfs64 as fstatfs, statfs64 as statfs};

use crate::sys::file;
use crate::sys::filesystem::Filesystem;
use crate::sys::{check, retry};

/// The file systems of disks and memory, by the magic numbers of statfs(2) and the kernel's include/uapi/linux/magic.h.
/// Any other one may be shared with other machines: sshfs and GlusterFS are FUSE, for instance.
const LOCAL: [u32; 22] = [
    0x0000_ef53, // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683e, // Btrfs
    0x0102_1994, // tmpfs
    0x794c_7630, // overlayfs
    0x2fc1_2fc1, // ZFS
    0xca45_1a4e, // bcachefs
    0xf2f5_2010, // F2FS
    0x8584_58f6, // ramfs
    0x6175_6673, // aufs
    0x0000_f15f, // eCryptfs
    0x5265_4973, // ReiserFS
    0x3153_464a, // JFS
    0x0000_3434, // NILFS
    0x2405_1905, // UBIFS
    0x0000_72b6, // JFFS2
    0x0000_4d44, // FAT
    0x2011_bab0, // exFAT
    0x7366_746e, // NTFS
    0x0000_482b, // HFS+
    0x1501_3346, // UDF
    0x5346_4846, // WSL 1
];

/// What the locks of other file systems are worth, by the type in proc_pid_mountinfo(5).
const BY_TYPE: [(&str, Filesystem); 13] = [
    ("fuse.glusterfs", Filesystem::Distributed),
    ("ceph", Filesystem::Distributed),
    ("fuse.ceph", Filesystem::Distributed),
    ("fuse.ceph-fuse", Filesystem::Distributed),
    ("nfs", Filesystem::Distributed),
    ("nfs4", Filesystem::Distributed),
    // Here flock(2) works within one mount only: another mount, and the directory below it, grant the same lock again.
    // So does bindfs, whose mounts name no type.
    ("fuse.sshfs", Filesystem::NoLocks),
    ("fuse.mergerfs", Filesystem::NoLocks),
    ("fuse.gocryptfs", Filesystem::NoLocks),
    ("fuse.unionfs", Filesystem::NoLocks),
    ("fuse.unionfs-fuse", Filesystem::NoLocks),
    ("virtiofs", Filesystem::NoLocks),
    // A FUSE file system on a block device, such as NTFS-3G.
    ("fuseblk", Filesystem::Local),
];

/// The same for file systems that are identified by the beginning of their source. MooseFS 3 mounts as `fuse` with the
/// source `mfs#MASTER:PORT`, in which mountinfo escapes the `#`; contending processes get the same lock there.
const BY_SOURCE: [(&str, Filesystem); 2] = [("mfs#", Filesystem::NoLocks), ("mfs\\043", Filesystem::NoLocks)];

/// With any of these options an NFS client does not send flock(2) to the server, nfs(5).
const LOCKS_STAY_HERE: [&str; 3] = ["nolock", "local_lock=flock", "local_lock=all"];

/// What the locks of this file are worth, if it can be locked at all.
pub(in crate::sys) fn filesystem(file: BorrowedFd<'_>) -> io::Result<Filesystem> {
    let device = file::stat(file)?.identity.device;
    if !is_shared(file) {
        return Ok(Filesystem::Local);
    }
    // Without /proc the mounts are unknown.
    let mounts = file::read_all(c"/proc/thread-self/mountinfo").unwrap_or_default();
    Ok(known(&String::from_utf8_lossy(&mounts), libc::major(device), libc::minor(device)))
}

/// What the mounts say about the file system with that device number.
fn known(mounts: &str, major: u32, minor: u32) -> Filesystem {
    let device = format!("{major}:{minor}");
    let mount = mounts.lines().find(|line| line.split(' ').nth(2) == Some(&device));
    let mut description = mount.and_then(|line| line.split_once(" - ")).unwrap_or_default().1.split(' ');
    let mut word = || description.next().unwrap_or_default();
    let (kind, source, options) = (word(), word(), word());
    if options.split(',').any(|option| LOCKS_STAY_HERE.contains(&option)) {
        return Filesystem::NoLocks;
    }
    let by_type = BY_TYPE.iter().find(|(name, _)| *name == kind);
    let by_source = || BY_SOURCE.iter().find(|(start, _)| kind.starts_with("fuse") && source.starts_with(start));
    by_type.or_else(by_source).map_or(Filesystem::Unknown, |(_, filesystem)| *filesystem)
}

/// Whether other machines may see this file too; true if that is unknown.
pub(in crate::sys) fn is_shared(file: BorrowedFd<'_>) -> bool {
    let mut raw = MaybeUninit::uninit();
    // SAFETY: the descriptor is open while it is borrowed, and raw has room for one struct statfs.
    if retry(|| check(unsafe { fstatfs(file.as_raw_fd(), raw.as_mut_ptr()) })).is_err() {
        return true;
    }
    // SAFETY: fstatfs succeeded, so it filled raw.
    let raw: statfs = unsafe { raw.assume_init() };
    // The magic is 32 bits wide in a field whose type differs between architectures.
    #[allow(clippy::unnecessary_cast)]
    !LOCAL.contains(&(raw.f_type as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_known_by_type_source_and_options() {
        let mounts = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
90 22 0:50 / /mnt/a rw,relatime - fuse.glusterfs server:volume rw,user_id=0,allow_other
91 22 0:51 / /mnt/with\\040-\\040dash rw shared:7 master:3 - nfs4 server:/home rw,vers=4.2,hard,local_lock=none
92 22 0:52 / /mnt/c rw - nfs server:/home rw,vers=3,nolock,local_lock=all
93 22 0:53 / /mnt/d rw - nfs server:/home rw,vers=3,local_lock=flock,addr=192.0.2.1
94 22 0:54 / /mnt/e rw - nfs server:/home rw,vers=3,local_lock=posix
95 22 0:55 / /mnt/f rw - fuse.sshfs user@server: rw,user_id=0
96 22 0:56 / /mnt/g rw - virtiofs shared rw
97 22 0:57 / /mnt/h rw - fuse /home rw
98 22 0:58 / /mnt/i rw - ceph 192.0.2.1:/ rw,acl
99 22 0:59 / /mnt/j rw - fuse.ceph-fuse ceph-fuse rw,user_id=0
100 22 0:60 / /mnt/k rw - fuse mfs\\043192.0.2.1:9421 rw,user_id=0
101 22 0:61 / /mnt/l rw - fuse.mfs mfs#192.0.2.1:9421 rw,user_id=0
102 22 0:62 / /mnt/m rw - fuse.mergerfs a:b rw
103 22 0:63 / /mnt/n rw - fuse.gocryptfs /home/cipher rw
104 22 0:64 / /mnt/o rw - fuse.unionfs unionfs rw
105 22 0:65 / /mnt/p rw - fuse other rw
106 22 0:66 / /mnt/q rw - 9p mfs#not rw
cut short
";
        let expected = [
            (50, Filesystem::Distributed),
            (51, Filesystem::Distributed),
            (52, Filesystem::NoLocks),
            (53, Filesystem::NoLocks),
            (54, Filesystem::Distributed),
            (55, Filesystem::NoLocks),
            (56, Filesystem::NoLocks),
            (57, Filesystem::Unknown),
            (58, Filesystem::Distributed),
            (59, Filesystem::Distributed),
            (60, Filesystem::NoLocks),
            (61, Filesystem::NoLocks),
            (62, Filesystem::NoLocks),
            (63, Filesystem::NoLocks),
            (64, Filesystem::NoLocks),
            (65, Filesystem::Unknown),
            (66, Filesystem::Unknown),
            (5, Filesystem::Unknown),
        ];
        for (minor, expected) in expected {
            assert_eq!(known(mounts, 0, minor), expected, "{minor}");
        }
        assert_eq!(known("", 0, 50), Filesystem::Unknown);
    }
}
