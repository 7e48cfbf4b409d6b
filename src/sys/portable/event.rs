//! The stand-in for `event.rs` where there is no eventfd, pidfd or epoll: all that a process
//! can wait for is time.

use std::convert::Infallible;
use std::io;
use std::os::fd::BorrowedFd;
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

/// There are none.
#[derive(Debug)]
pub(crate) struct Counters(Infallible);

impl Counters {
    pub(crate) fn new() -> io::Result<Counters> {
        Err(io::Error::from_raw_os_error(libc::ENOSYS))
    }

    pub(crate) fn raise(&self) {
        match self.0 {}
    }

    pub(crate) fn take_seat(&self) -> io::Result<usize> {
        match self.0 {}
    }

    pub(crate) fn leave_seat(&self, _number: usize) {
        match self.0 {}
    }

    pub(crate) fn of_seat(&self, _number: usize) -> Option<BorrowedFd<'_>> {
        match self.0 {}
    }
}

pub(crate) fn new_set() -> io::Result<Descriptor> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

pub(crate) fn add(_set: BorrowedFd<'_>, _source: BorrowedFd<'_>) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

pub(crate) fn remove(_set: BorrowedFd<'_>, _source: BorrowedFd<'_>) {}

pub(crate) fn new_timer() -> io::Result<Descriptor> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

pub(crate) fn set_timer(_timer: BorrowedFd<'_>, _time: Duration) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}
