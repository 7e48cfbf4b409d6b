//! Watches no files, where there is neither inotify nor kqueue.

use std::convert::Infallible;
use std::io;
use std::os::fd::BorrowedFd;

pub(crate) const HEARS_UNLOCK: bool = false;

pub(crate) const CLOSES_SLOWLY: bool = false;

/// Does not exist here.
#[derive(Debug)]
pub(crate) struct Watcher(Infallible);

impl Watcher {
    pub(crate) fn new(_file: BorrowedFd<'_>) -> io::Result<Watcher> {
        Err(io::Error::from_raw_os_error(libc::ENOSYS))
    }

    pub(crate) fn watch(&mut self, _file: BorrowedFd<'_>) -> io::Result<bool> {
        match self.0 {}
    }

    pub(crate) fn hear(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn queue(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }

    pub(crate) fn bell(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}
