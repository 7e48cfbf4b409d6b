//! The workspace root, resolved once per call.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use crate::sys::descriptor::Descriptor;
use crate::sys::file::{self, Below, FileId};
use crate::sys::number::copy_above;

/// The open directory of a workspace, which stays the same whatever is renamed and wherever the process changes its
/// directory.
#[derive(Debug)]
pub(super) struct Root {
    /// None where the system cannot open a directory without read permission; then paths are used.
    directory: Option<Descriptor>,
    /// Whether it was opened for reading, as flock(2) needs it.
    is_lockable: bool,
}

impl Root {
    pub(super) fn open(path: &CStr) -> io::Result<Root> {
        match file::open_directory(None, path) {
            Ok(fd) => Root::of(Descriptor::new(fd), true),
            Err(error) if is_denied(&error) => match file::open_to_look_up(path) {
                Ok(fd) => Root::of(Descriptor::new(fd), false),
                Err(again) if is_denied(&again) => Ok(Root { directory: None, is_lockable: false }),
                Err(again) => Err(again),
            },
            Err(error) => Err(error),
        }
    }

    /// The same directory, opened again, so that its lock is independent.
    pub(super) fn open_again(&self) -> io::Result<Root> {
        match &self.directory {
            Some(directory) if self.is_lockable => {
                Root::of(Descriptor::new(file::open_directory(Some(directory.as_fd()), c".")?), true)
            }
            Some(directory) => Root::of(Descriptor::new(copy_above(directory.as_fd(), 0)?), false),
            None => Ok(Root { directory: None, is_lockable: false }),
        }
    }

    /// A copy of the descriptor above that number.
    pub(super) fn above(&self, number: i32) -> io::Result<Root> {
        match &self.directory {
            Some(directory) => Root::of(Descriptor::new(copy_above(directory.as_fd(), number)?), self.is_lockable),
            None => Ok(Root { directory: None, is_lockable: false }),
        }
    }

    fn of(mut directory: Descriptor, is_lockable: bool) -> io::Result<Root> {
        directory.identify(file::stat(directory.as_fd())?.identity);
        Ok(Root { directory: Some(directory), is_lockable })
    }

    pub(super) fn below(&self) -> Below<'_> {
        self.directory.as_ref().map(Descriptor::as_fd)
    }

    pub(super) fn identity(&self) -> Option<FileId> {
        self.directory.as_ref().and_then(Descriptor::identity)
    }

    /// Whether its descriptor outlives the call, as a guard's and a waiter's does.
    pub(super) fn keep(&self, kept: bool) {
        if let Some(directory) = &self.directory {
            directory.keep(kept);
        }
    }

    /// Whether the descriptor is still the directory.
    pub(super) fn is_same(&self) -> bool {
        self.directory.as_ref().is_none_or(Descriptor::is_same)
    }

    /// Its descriptor, if it can be locked.
    pub(super) fn lockable(&self) -> Option<BorrowedFd<'_>> {
        self.directory.as_ref().filter(|_| self.is_lockable).map(Descriptor::as_fd)
    }
}

fn is_denied(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM))
}
