//! The library's own descriptors. None is closed once its number means another file, as it can after close_range(2) in
//! a daemon.

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::file::{self, FileId, Kind};

/// A descriptor of the library. One that is kept from one call to the next is compared before it is used or closed, by
/// device and inode number. eventfd, epoll, inotify and timerfd descriptors share one inode: they differ from every
/// file, pipe and socket, but not from each other. A kqueue and a socket have no inode number: they differ by kind,
/// which for a kqueue is that of a pipe.
#[derive(Debug)]
pub(crate) struct Descriptor {
    fd: ManuallyDrop<OwnedFd>,
    identity: Option<FileId>,
    /// Compared too, unless None.
    kind: Option<Kind>,
    kept: AtomicBool,
}

impl Descriptor {
    /// A descriptor that is used during one call only.
    pub(crate) fn new(fd: OwnedFd) -> Descriptor {
        Descriptor { fd: ManuallyDrop::new(fd), identity: None, kind: None, kept: AtomicBool::new(false) }
    }

    /// A descriptor that is kept from one call to the next.
    #[cfg_attr(not(any(linux, kqueue)), allow(dead_code))]
    pub(crate) fn kept(fd: OwnedFd) -> io::Result<Descriptor> {
        let mut descriptor = Descriptor::new(fd);
        let found = file::stat(descriptor.as_fd())?;
        descriptor.identify(found.identity);
        descriptor.kind = Some(found.kind);
        descriptor.keep(true);
        Ok(descriptor)
    }

    pub(crate) fn identify(&mut self, identity: FileId) {
        self.identity = Some(identity);
    }

    pub(crate) fn identity(&self) -> Option<FileId> {
        self.identity
    }

    /// Whether it outlives the call.
    pub(crate) fn keep(&self, kept: bool) {
        self.kept.store(kept, Relaxed);
    }

    /// Whether the descriptor is still the file that was opened. Also true if fstat(2) fails with another error than
    /// EBADF, as on a server that is gone.
    pub(crate) fn is_same(&self) -> bool {
        if !self.kept.load(Relaxed) {
            return true;
        }
        match file::stat(self.as_fd()) {
            Ok(found) => Some(found.identity) == self.identity && self.kind.is_none_or(|kind| kind == found.kind),
            Err(error) => error.raw_os_error() != Some(libc::EBADF),
        }
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.is_same() {
            // SAFETY: it is not used after this.
            unsafe { ManuallyDrop::drop(&mut self.fd) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::FromRawFd;

    #[test]
    fn a_number_that_became_another_file_is_left_alone() {
        let kept = Descriptor::kept(tempfile::tempfile().unwrap().into()).unwrap();
        assert!(kept.is_same());
        let other = tempfile::tempfile().unwrap();
        let number = kept.as_raw_fd();
        // SAFETY: both are open; dup2 closes the first and gives its number to the second.
        assert_eq!(unsafe { libc::dup2(other.as_raw_fd(), number) }, number);
        assert!(!kept.is_same());
        drop(kept);
        // SAFETY: no memory is involved.
        assert_ne!(unsafe { libc::fcntl(number, libc::F_GETFD) }, -1);
        // SAFETY: the number is this test's alone.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
    }
}
