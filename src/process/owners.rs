//! Reads the kernel's lists of flock(2) locks in proc(5): which processes took a lock, and which have it now.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::proc::{self, path};
use crate::sys::file;
use crate::sys::process;

/// A file as the kernel names it in its lists of locks (proc_locks(5)). On overlayfs and btrfs both numbers can differ
/// from those of stat(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LockId {
    /// The major and minor number of its file system's device. None if the mount is not in this mount namespace: then
    /// only the inode number is compared.
    device: Option<(u32, u32)>,
    inode: u64,
}

impl LockId {
    /// The name of an open file.
    pub(crate) fn of(file: BorrowedFd<'_>) -> io::Result<LockId> {
        // This thread's: it can have its own descriptor table, and the first thread's is gone once it has ended.
        let info = proc::read(&path(format!("/proc/thread-self/fdinfo/{}", file.as_raw_fd())))?;
        let number = |key: &str| {
            let line = lines(&info).find_map(|line| line.strip_prefix(key))?;
            line.trim().parse::<u64>().ok()
        };
        let inode = match number("ino:") {
            Some(inode) => inode,
            // Linux before 5.14.
            None => file::stat(file)?.identity.inode,
        };
        let device = match number("mnt_id:") {
            Some(mount) => device_of(&proc::read(c"/proc/thread-self/mountinfo")?, mount),
            None => None,
        };
        Ok(LockId { device, inode })
    }

    /// The processes that took an exclusive lock on the file, by their pids here. A process that has ended may be
    /// listed while another one keeps its lock; one that is not visible from this pid namespace is missing.
    pub(crate) fn owners(&self) -> io::Result<Vec<u32>> {
        Ok(locks()?.iter().filter(|lock| self.is_of(lock)).map(|lock| lock.owner).collect())
    }

    fn is_of(&self, lock: &Lock) -> bool {
        lock.inode == self.inode && self.device.is_none_or(|device| device == lock.device)
    }
}

/// The processes that took an exclusive lock on any file, by their pids here.
pub(super) fn of_any_lock() -> io::Result<Vec<u32>> {
    Ok(locks()?.iter().map(|lock| lock.owner).collect())
}

/// All locks whose owners are visible in this pid namespace.
fn locks() -> io::Result<Vec<Lock>> {
    if !proc::is_ours() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok(lines(&proc::read(c"/proc/locks")?).filter_map(Lock::parse).collect())
}

/// An exclusive lock.
struct Lock {
    /// 0 for a process that is not visible, or on another machine.
    owner: u32,
    device: (u32, u32),
    inode: u64,
}

impl Lock {
    /// Parses a line such as `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`. A waiting process has an arrow,
    /// `1: -> FLOCK`.
    fn parse(line: &str) -> Option<Lock> {
        let (before, after) = line.split_once("FLOCK  ADVISORY  WRITE ")?;
        if before.contains("->") {
            return None;
        }
        let mut fields = after.split([' ', ':']);
        // A pid on another machine is negative.
        let owner = fields.next()?.parse::<i64>().ok()?.try_into().unwrap_or(0);
        let mut hexadecimal = || u32::from_str_radix(fields.next()?, 16).ok();
        let device = (hexadecimal()?, hexadecimal()?);
        Some(Lock { owner, device, inode: fields.next()?.parse().ok()? })
    }
}

/// The pids of all processes that /proc shows.
pub(crate) fn all_processes() -> io::Result<Vec<u32>> {
    file::numbers_in(c"/proc")
}

/// Whether a process has a descriptor with an exclusive lock on one of these files, in the descriptor table of any of
/// its threads. An error means that this could not be determined: EACCES for want of permission.
///
/// It reads only the kernel's data and never touches the other open files: a file system that does not answer cannot
/// stop it.
pub(crate) fn has_lock(pid: u32, locks: &[LockId]) -> io::Result<bool> {
    let threads = match file::numbers_in(&path(format!("/proc/{pid}/task"))) {
        Err(error) if is_gone(&error) => return Ok(false),
        threads => threads?,
    };
    let mut denied = None;
    let mut looked_at = None;
    for thread in threads {
        // Skip threads that share the previous thread's table.
        if looked_at.is_some_and(|other| process::share_descriptors(other, thread)) {
            continue;
        }
        match table_has_lock(pid, thread, locks) {
            Ok(true) => return Ok(true),
            Ok(false) => looked_at = Some(thread),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM)) => denied = Some(error),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    denied.map_or(Ok(false), Err)
}

fn table_has_lock(pid: u32, thread: u32, locks: &[LockId]) -> io::Result<bool> {
    let table = format!("/proc/{pid}/task/{thread}");
    for number in file::numbers_in(&path(format!("{table}/fd")))? {
        // Pipes, sockets and the like have no path, and no lock.
        let mut first = [b'/'];
        match file::read_link(&path(format!("{table}/fd/{number}")), &mut first) {
            Ok(_) if first != *b"/" => continue,
            Err(error) if is_gone(&error) => continue,
            // The path may be too long to be shown.
            _ => {}
        }
        let info = match proc::read(&path(format!("{table}/fdinfo/{number}"))) {
            Err(error) if is_gone(&error) => continue,
            info => info?,
        };
        if lines(&info).filter_map(Lock::parse).any(|found| locks.iter().any(|lock| lock.is_of(&found))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A process, thread or descriptor that has ended meanwhile.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &str> {
    text.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok())
}

/// The device of a mount, proc_pid_mountinfo(5).
fn device_of(mounts: &[u8], mount: u64) -> Option<(u32, u32)> {
    // A mount point may have any name. The device comes before it.
    let mut fields = mounts.split(|byte| *byte == b'\n').map(|line| line.split(|byte| *byte == b' '));
    let text = |field: Option<&[u8]>| std::str::from_utf8(field?).ok().map(str::to_owned);
    let mut fields = fields.find_map(|mut fields| (text(fields.next())?.parse() == Ok(mount)).then_some(fields))?;
    let device = text(fields.nth(1))?;
    let (major, minor) = device.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(linux)]
    use std::os::fd::AsFd;

    #[test]
    fn locks_of_other_kinds_and_files_are_passed_over() {
        let lock = LockId { device: Some((254, 0)), inode: 5678 };
        let owner =
            |lock: LockId, line: &str| Lock::parse(line).filter(|found| lock.is_of(found)).map(|lock| lock.owner);
        for listed in ["1: ", "lock:\t1: "] {
            let line = format!("{listed}FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF");
            assert_eq!(owner(lock, &line), Some(1234));
        }
        for other in [
            "1: FLOCK  ADVISORY  READ 1 fe:00:5678 0 EOF",
            "1: POSIX  ADVISORY  WRITE 1 fe:00:5678 0 EOF",
            "1: -> FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF",
            "1: FLOCK  ADVISORY  WRITE 1234 fe:00:567 0 EOF",
            "1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF",
            "1: FLOCK  ADVISORY  WRITE 1234 00:fe:5678 0 EOF",
            "",
        ] {
            assert_eq!(owner(lock, other), None, "{other}");
        }
        let anywhere = LockId { device: None, ..lock };
        assert_eq!(owner(anywhere, "1: FLOCK  ADVISORY  WRITE 7 fe:01:5678 0 EOF"), Some(7));
        assert_eq!(owner(lock, "1: FLOCK  ADVISORY  WRITE -3 fe:00:5678 0 EOF"), Some(0));
    }

    #[test]
    fn a_mount_is_found_by_its_number() {
        let mounts = b"2 1 0:50 / /mnt/\xff rw - tmpfs none rw\n22 2 254:1 / /mnt rw - ext4 /dev/vda rw\n";
        assert_eq!((device_of(mounts, 22), device_of(mounts, 2)), (Some((254, 1)), Some((0, 50))));
        assert_eq!((device_of(mounts, 1), device_of(b"", 1)), (None, None));
    }

    #[test]
    #[cfg(linux)]
    fn the_kernel_lists_a_lock_under_that_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lock = LockId::of(file.as_file().as_fd()).unwrap();
        assert_eq!((lock.owners().unwrap(), has_lock(process::id(), &[lock]).unwrap()), (vec![], false));
        assert!(crate::sys::flock::try_exclusive(file.as_file().as_fd()).unwrap());
        assert_eq!((lock.owners().unwrap(), has_lock(process::id(), &[lock]).unwrap()), (vec![process::id()], true));
    }
}
