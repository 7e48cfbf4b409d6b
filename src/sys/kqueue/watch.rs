//! Watches files for changes (macOS, FreeBSD): EVFILT_VNODE on the wait's own descriptor of the file. The watch ends
//! when that is closed.
//!
//! - macOS reports that an flock(2) lock was released, by LOCK_UN or the last close, after the release. It reports
//!   shared locks too, and reports to the process that unlocks too.
//! - FreeBSD reports, as Linux does, that a descriptor with write access is about to be closed. It does not report
//!   LOCK_UN.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use super::{apply, change, new_queue, take_events};
use crate::sys::descriptor::Descriptor;

/// Whether an unlock is an event, also for the wait that unlocks.
pub(crate) const HEARS_UNLOCK: bool = cfg!(target_os = "macos");

/// Whether the kernel takes long to close a watcher.
pub(crate) const CLOSES_SLOWLY: bool = false;

/// The events that can mean that a lock is free, or that its file is no longer at the path.
#[cfg(target_os = "macos")]
const SIGNS: u32 = libc::NOTE_FUNLOCK | libc::NOTE_DELETE | libc::NOTE_RENAME;
/// The same. NOTE_ATTRIB: a release that a forked child's copy of the descriptor would hide sets the file's times.
#[cfg(target_os = "freebsd")]
const SIGNS: u32 = libc::NOTE_CLOSE_WRITE | libc::NOTE_ATTRIB | libc::NOTE_DELETE | libc::NOTE_RENAME;

/// A wait's queue, for one file at a time.
#[derive(Debug)]
pub(crate) struct Watcher(Descriptor);

impl Watcher {
    /// Watches that file.
    pub(crate) fn new(file: BorrowedFd<'_>) -> io::Result<Watcher> {
        let mut watcher = Watcher(new_queue()?);
        watcher.watch(file)?;
        Ok(watcher)
    }

    /// Watches that file instead of the one before, whose descriptor is closed. False: events may have been missed.
    pub(crate) fn watch(&mut self, file: BorrowedFd<'_>) -> io::Result<bool> {
        let flags = libc::EV_ADD | libc::EV_CLEAR;
        apply(self.0.as_fd(), &[change(file.as_raw_fd() as usize, libc::EVFILT_VNODE, flags, SIGNS, 0)])?;
        Ok(false)
    }

    /// Whether there was an event of the file since the last call. Call it when the queue is readable.
    pub(crate) fn hear(&self) -> bool {
        self.0.is_same() && take_events(self.0.as_fd()) > 0
    }

    /// Readable when there are events.
    pub(crate) fn queue(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// The same: each wait has a queue of its own.
    pub(crate) fn bell(&self) -> BorrowedFd<'_> {
        self.queue()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::event::is_readable;
    use crate::sys::flock;
    use std::fs::File;
    use std::path::Path;

    /// The end of a descriptor that has locked the file and may write to it is heard on both systems.
    fn release(path: &Path) {
        let file = File::options().write(true).open(path).unwrap();
        assert!(flock::try_exclusive(file.as_fd()).unwrap());
    }

    #[test]
    fn a_release_is_heard_once_by_each_wait() {
        let (file, other) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let elsewhere = Watcher::new(other.as_file().as_fd()).unwrap();
        let waits = [0, 1].map(|_| {
            let opened = File::open(file.path()).unwrap();
            (Watcher::new(opened.as_fd()).unwrap(), opened)
        });
        for _ in 0..100 {
            assert!(waits.iter().all(|(watcher, _)| !watcher.hear()));
            release(file.path());
            assert!(waits.iter().all(|(watcher, _)| is_readable(watcher.queue()) && watcher.hear()));
        }
        assert!(!is_readable(elsewhere.queue()));
    }

    #[test]
    fn the_end_of_the_path_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        let ends: [fn(&Path) -> io::Result<()>; 2] =
            [|path| std::fs::remove_file(path), |path| std::fs::rename(path, path.with_extension("old"))];
        for end in ends {
            let path = folder.path().join("file");
            let file = File::create(&path).unwrap();
            let watcher = Watcher::new(file.as_fd()).unwrap();
            end(&path).unwrap();
            assert!(watcher.hear());
        }
    }
}
