//! What a wait sleeps on where there is no eventfd, pidfd, epoll or kqueue: only time.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use crate::sys::clock;
use crate::sys::descriptor::Descriptor;

pub(crate) fn open_process(_pid: u32) -> io::Result<Descriptor> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

pub(crate) fn signal(_process: &Descriptor, _signal: i32) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

pub(crate) fn is_readable(_source: BorrowedFd<'_>) -> bool {
    false
}

pub(crate) fn sleep<const N: usize>(_sources: [Option<BorrowedFd<'_>>; N], time: Duration) -> io::Result<[bool; N]> {
    clock::sleep(time)?;
    Ok([false; N])
}

/// Does not exist here.
#[derive(Debug)]
pub(crate) struct Sources(Infallible);

impl Sources {
    pub(crate) fn counters() -> io::Result<Sources> {
        Err(io::Error::from_raw_os_error(libc::ENOSYS))
    }

    pub(crate) fn timers() -> io::Result<Sources> {
        Err(io::Error::from_raw_os_error(libc::ENOSYS))
    }

    pub(crate) fn raise(&self) {
        match self.0 {}
    }

    pub(crate) fn set(&self, _time: Duration) {
        match self.0 {}
    }

    pub(crate) fn seat(self: &Arc<Sources>) -> io::Result<Seat> {
        match self.0 {}
    }
}

#[derive(Debug)]
pub(crate) struct Seat(Infallible);

impl AsFd for Seat {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

#[derive(Debug)]
pub(crate) struct Set(Infallible);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bell(Infallible);

impl Set {
    pub(crate) fn new() -> io::Result<Set> {
        Err(io::Error::from_raw_os_error(libc::ENOSYS))
    }

    pub(crate) fn add(&self, _source: BorrowedFd<'_>) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) fn remove(&self, _source: BorrowedFd<'_>) {
        match self.0 {}
    }

    pub(crate) fn bell(&self) -> Bell {
        match self.0 {}
    }

    pub(crate) fn silence(&self) {
        match self.0 {}
    }

    pub(crate) fn settle(&self) {
        match self.0 {}
    }
}

impl Bell {
    pub(crate) fn ring(self) {
        match self.0 {}
    }
}

impl AsFd for Set {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

pub(crate) fn new_timer() -> io::Result<Descriptor> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

pub(crate) fn set_timer(_timer: BorrowedFd<'_>, _time: Duration) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}
