//! The lock file: opens it safely, compares its identity, and locks it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::create;
use super::path::LockPath;
use super::root_lock::RootLock;
use crate::error::{Fault, LockError};
use crate::process::LockId;
use crate::sys::descriptor::Descriptor;
use crate::sys::file::{self, FileId, Kind, Stat};
use crate::sys::number::copy_above;
use crate::sys::{flock, mount, process};

/// How often to start over when another process removes the file meanwhile. Each round loses to another `rm`, so many
/// in a row have another cause: a `.ralph` that is a dangling symbolic link, or a file system whose inode numbers
/// change.
pub(crate) const START_OVERS: u32 = 1000;

/// An open lock file.
#[derive(Debug)]
pub(crate) struct LockedFile {
    fd: Descriptor,
    path: LockPath,
    /// Whether its file system may be shared with other machines; true until determined.
    shared: bool,
    /// Why it is open for reading only, if it is.
    read_only: Option<io::Error>,
    /// Whether this descriptor has a lock, of either kind.
    locked: bool,
    /// The process's fork count when the file was opened.
    forks: u32,
}

impl LockedFile {
    /// Opens the file, and creates it if it is missing. First without O_CREAT: that is one system call in the usual
    /// case, and the only way to open another user's file in a sticky directory under fs.protected_regular
    /// (proc_sys_fs(5)). None: it is missing and another process holds the root, whose restore a new file would block.
    pub(crate) fn open_or_create(path: &LockPath) -> Result<Option<LockedFile>, Fault> {
        match path.open_read_write() {
            Ok(fd) => Ok(Some(LockedFile::new(fd, path, None))),
            Err(error) => LockedFile::open_otherwise(path, error, path.is_own(None)),
        }
    }

    /// The same for the holder of the root; never None.
    pub(crate) fn create(path: &LockPath) -> Result<Option<LockedFile>, Fault> {
        LockedFile::open_otherwise(path, io::Error::from_raw_os_error(libc::ENOENT), false)
    }

    /// Continues after open has failed with `error`: creates a missing file, and opens a read-only one for reading.
    fn open_otherwise(path: &LockPath, error: io::Error, asks_root: bool) -> Result<Option<LockedFile>, Fault> {
        let mut opened = Err(error);
        for _ in 0..START_OVERS {
            if !matches!(&opened, Err(error) if error.raw_os_error() == Some(libc::ENOENT)) {
                break;
            }
            // A missing root is an error to report.
            path.resolve()?;
            if asks_root && RootLock::share(path)?.is_held() {
                return Ok(None);
            }
            opened = create::lock_file(path)?;
        }
        match opened {
            Ok(fd) => Ok(Some(LockedFile::new(fd, path, None))),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM | libc::EROFS)) => {
                match path.open_read_only() {
                    Ok(fd) => {
                        let mut file = LockedFile::new(fd, path, Some(error));
                        // An object that is not a regular file is refused as such, not for its permissions.
                        file.stat()?;
                        Ok(Some(file))
                    }
                    Err(_) => Err(LockedFile::explain_open(path, error)),
                }
            }
            Err(error) => Err(LockedFile::explain_open(path, error)),
        }
    }

    /// As [`LockedFile::open_or_create`], for a caller that is going to wait: a file that can never be locked is
    /// refused first.
    pub(crate) fn open_to_wait(path: &LockPath) -> Result<Option<LockedFile>, Fault> {
        let Some(mut file) = LockedFile::open_or_create(path)? else {
            return Ok(None);
        };
        file.stat()?;
        match file.take_read_only() {
            Some(error) => Err(error),
            None => Ok(Some(file)),
        }
    }

    /// Wraps a descriptor that the caller opened.
    pub(crate) fn adopt(fd: OwnedFd, path: &LockPath) -> LockedFile {
        let mut file = LockedFile::new(fd, path, None);
        // There may be other copies, so closing this one wakes no waiter.
        file.forks = file.forks.wrapping_sub(1);
        file
    }

    /// Opens the file for reading. None: it is missing.
    pub(crate) fn open_existing(path: &LockPath) -> Result<Option<LockedFile>, Fault> {
        match path.open_read_only() {
            Ok(fd) => Ok(Some(LockedFile::new(fd, path, None))),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            Err(error) => Err(LockedFile::explain_open(path, error)),
        }
    }

    fn new(fd: OwnedFd, path: &LockPath, read_only: Option<io::Error>) -> LockedFile {
        let (fd, path) = (Descriptor::new(fd), path.clone());
        LockedFile { fd, path, shared: true, read_only, locked: false, forks: process::forks() }
    }

    /// If open failed because of what is in the lock file's place, the error names that.
    fn explain_open(path: &LockPath, error: io::Error) -> Fault {
        match path.stat() {
            Ok(found) if found.kind != Kind::Regular => path.not_regular(found.kind),
            _ => path.failed("open", error),
        }
    }

    pub(crate) fn path(&self) -> &LockPath {
        &self.path
    }

    /// Why the file could not be opened for writing, and so not locked.
    pub(crate) fn take_read_only(&mut self) -> Option<Fault> {
        self.read_only.take().map(|error| self.path.failed("open", error))
    }

    /// Whether this descriptor has a lock.
    pub(crate) fn is_locked(&self) -> bool {
        self.locked
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.is_some()
    }

    /// Determines the file's identity, and refuses one that is not regular.
    pub(crate) fn stat(&mut self) -> Result<Stat, Fault> {
        let found = file::stat(self.fd()).map_err(|error| self.path.failed("look at", error))?;
        if found.kind != Kind::Regular {
            return Err(self.path.not_regular(found.kind));
        }
        self.fd.identify(found.identity);
        self.shared = mount::is_shared(self.fd(), found.identity.device);
        Ok(found)
    }

    /// The file's identity, which never changes.
    pub(crate) fn identity(&mut self) -> Result<FileId, Fault> {
        self.fd.identity().map_or_else(|| Ok(self.stat()?.identity), Ok)
    }

    /// Whether it is the workspace's own lock file, under whatever name.
    pub(super) fn is_own(&self) -> bool {
        self.path.is_own(self.fd.identity())
    }

    /// Whether its descriptor outlives the call, as a guard's and a waiter's does.
    pub(crate) fn keep(&self, kept: bool) {
        self.fd.keep(kept);
    }

    /// Whether the descriptor is still this file. If not, it is left alone from now on.
    pub(crate) fn is_same(&mut self) -> bool {
        let same = self.fd.is_same();
        self.locked &= same;
        same
    }

    /// Whether another process may have a copy of the descriptor, and may have unlocked it.
    pub(crate) fn is_copied(&self) -> bool {
        self.forks != process::forks()
    }

    pub(crate) fn try_exclusive(&mut self) -> Result<bool, Fault> {
        self.note(flock::try_exclusive(self.fd()))
    }

    pub(crate) fn try_shared(&mut self) -> Result<bool, Fault> {
        self.note(flock::try_shared(self.fd()))
    }

    /// Converts a shared lock to the exclusive one, or unlocks it, which lets competing upgraders proceed. A local
    /// file system drops it by itself (flock(2)); GlusterFS would keep it.
    pub(crate) fn try_upgrade(&mut self) -> Result<bool, Fault> {
        let taken = self.try_exclusive()?;
        if !taken && self.is_shared() {
            flock::unlock(self.fd()).map_err(|error| self.path.failed("unlock", error))?;
        }
        Ok(taken)
    }

    pub(crate) fn exclusive(&mut self) -> Result<(), Fault> {
        match flock::exclusive(self.fd()) {
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => {
                Err(Box::new(LockError::Interrupted { path: self.path.to_owned() }))
            }
            result => self.note(result.map(|()| true)).map(drop),
        }
    }

    /// Records the outcome of flock(2). A refused conversion drops the lock already held; a failed call keeps it.
    fn note(&mut self, taken: io::Result<bool>) -> Result<bool, Fault> {
        if let Ok(taken) = taken {
            self.locked = taken;
        }
        taken.map_err(|error| self.path.failed("lock", error))
    }

    pub(crate) fn unlock(&mut self) -> Result<(), Fault> {
        self.locked = false;
        flock::unlock(self.fd()).map_err(|error| self.path.failed("unlock", error))?;
        // Closing the file wakes waiters. If a child forked since has it open too, this close is not the last; then
        // setting the file's times wakes them.
        if self.is_copied() {
            // Where a file system does not support that, waiters look again within a second.
            let _ = file::touch(self.fd());
        }
        Ok(())
    }

    /// Unlocks a file that stays open and was not written to: no waiter is woken.
    pub(crate) fn give_back(&mut self) -> Result<(), Fault> {
        self.locked = false;
        flock::unlock(self.fd()).map_err(|error| self.path.failed("unlock", error))
    }

    /// Leaves the lock to the other copies of this descriptor.
    pub(crate) fn disown(&mut self) {
        self.locked = false;
    }

    /// The file as the kernel names it in its lists of locks.
    pub(crate) fn lock_id(&self) -> io::Result<LockId> {
        LockId::of(self.fd())
    }

    /// The owners of its lock in the kernel's list. None: the list is not available.
    pub(crate) fn owners(&self) -> Option<Vec<u32>> {
        self.lock_id().and_then(|lock| lock.owners()).ok()
    }

    /// Whether its file system may be shared with other machines; determined once the file's identity is known.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared
    }

    /// A copy of the descriptor without close-on-exec.
    pub(crate) fn inheritable_copy(&self) -> Result<OwnedFd, Fault> {
        file::inheritable_copy(self.fd()).map_err(|error| self.path.failed("make a descriptor of", error))
    }

    /// Moves the descriptor above another one. When a process is killed, the kernel closes its descriptors from the
    /// highest down, and closing an inotify descriptor can delay it for 30 ms before it reaches the lock.
    pub(crate) fn move_above(&mut self, other: BorrowedFd<'_>) {
        if self.fd.as_raw_fd() < other.as_raw_fd() {
            // If it fails, the lock works just as well.
            if let Ok(moved) = copy_above(self.fd(), other.as_raw_fd()) {
                let identity = self.fd.identity();
                self.fd = Descriptor::new(moved);
                identity.into_iter().for_each(|identity| self.fd.identify(identity));
            }
        }
    }

    /// Sets the path of the same file below another descriptor of its root.
    pub(crate) fn set_path(&mut self, path: &LockPath) {
        self.path = path.clone();
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for LockedFile {
    /// Closing alone would leave the lock to a child that another thread has forked meanwhile.
    fn drop(&mut self) {
        if self.locked {
            // Drop cannot report errors; closing the descriptor is all that is left.
            let _ = self.unlock();
        }
    }
}
