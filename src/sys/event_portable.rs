//! The stand-in for `event.rs` where there is no inotify, eventfd, pidfd or epoll: all that a process
//! can wait for is time.

use std::convert::Infallible;
use std::ffi::CStr;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use super::clock;

/// There is none.
#[derive(Debug)]
pub(crate) struct Watcher(Infallible);

impl Watcher {
    pub(crate) fn new() -> io::Result<Watcher> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn watch(&mut self, _path: &CStr) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) fn drain(&mut self) -> bool {
        match self.0 {}
    }

    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self.0 {}
    }
}

pub(crate) fn new_counter() -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn raise(_counter: BorrowedFd<'_>) {}

pub(crate) fn open_process(_pid: u32) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn is_readable(_source: BorrowedFd<'_>) -> bool {
    false
}

pub(crate) fn sleep(_sources: &[BorrowedFd<'_>], time: Duration) -> io::Result<()> {
    clock::sleep(time)
}

pub(crate) fn new_set() -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn add(_set: BorrowedFd<'_>, _source: BorrowedFd<'_>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn remove(_set: BorrowedFd<'_>, _source: BorrowedFd<'_>) {}

pub(crate) fn new_timer() -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn set_timer(_timer: BorrowedFd<'_>, _time: Duration) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
