//! macOS and FreeBSD: what kqueue(2) provides.
//!
//! - Every source is a kqueue of its own, which is readable while it has a pending event.
//! - A kqueue that has another one as a source stays readable until its own events are taken, even after the source's
//!   event was taken. So each step takes the events of its set.
//! - A forked child inherits no kqueue, not even its descriptor.

pub(crate) mod event;
pub(crate) mod watch;

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{null, null_mut};

use super::check;
use super::descriptor::Descriptor;
use super::number::opened;

/// More than any kqueue of the library has sources.
const MOST: usize = 16;

fn new_queue() -> io::Result<Descriptor> {
    // SAFETY: no memory is involved.
    let queue = opened(unsafe { libc::kqueue() })?;
    // A forked child has not inherited it meanwhile.
    // SAFETY: as above.
    check(unsafe { libc::fcntl(queue.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) })?;
    Descriptor::kept(queue)
}

/// A change of what a kqueue listens to.
fn change(ident: usize, filter: i16, flags: u16, details: u32, data: i64) -> libc::kevent {
    // SAFETY: a kevent is numbers and a pointer; all zeros are a valid value.
    let mut change: libc::kevent = unsafe { std::mem::zeroed() };
    change.ident = ident;
    change.filter = filter;
    change.flags = flags;
    change.fflags = details;
    change.data = data as _;
    change
}

/// Makes the changes, up to the first that fails.
fn apply(queue: BorrowedFd<'_>, changes: &[libc::kevent]) -> io::Result<()> {
    let count = changes.len() as libc::c_int;
    // SAFETY: that many changes live through the call; without room for events none are written.
    check(unsafe { libc::kevent(queue.as_raw_fd(), changes.as_ptr(), count as _, null_mut(), 0, null()) }).map(drop)
}

/// Takes the pending events, without waiting, and returns their number. A condition that still holds stays pending.
fn take_events(queue: BorrowedFd<'_>) -> usize {
    // SAFETY: as in `change`.
    let mut events: [libc::kevent; MOST] = unsafe { std::mem::zeroed() };
    // SAFETY: as in `change`.
    let now: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: at most MOST events are written, and there is room for them; the time lives through the call.
    let count = unsafe { libc::kevent(queue.as_raw_fd(), null(), 0, events.as_mut_ptr(), MOST as _, &now) };
    usize::try_from(count).unwrap_or(0)
}
