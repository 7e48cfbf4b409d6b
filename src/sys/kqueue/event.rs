//! What a wait sleeps on (macOS, FreeBSD): a source that another thread raises, the end of a process, a timer; and the
//! sleep itself. Changes of files are in `watch.rs`.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use super::{apply, change, new_queue, take_events};
use crate::sys::check;
use crate::sys::descriptor::Descriptor;

/// The identifier of a bell in its set, one that a kqueue of the program is unlikely to have.
const BELL: usize = 0x7261_6c70;

/// The longest time that a timer is set to.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A descriptor that becomes readable, for all sets that have it as a source.
#[derive(Debug)]
pub(crate) struct Sources(Descriptor);

/// A source, reserved for one set.
#[derive(Debug)]
pub(crate) struct Seat(Arc<Sources>);

impl Sources {
    /// Readable once raised.
    pub(crate) fn counters() -> io::Result<Sources> {
        let queue = new_queue()?;
        apply(queue.as_fd(), &[change(0, libc::EVFILT_USER, libc::EV_ADD, 0, 0)])?;
        Ok(Sources(queue))
    }

    pub(crate) fn timers() -> io::Result<Sources> {
        new_queue().map(Sources)
    }

    /// Takes no lock.
    pub(crate) fn raise(&self) {
        if self.0.is_same() {
            let _ = apply(self.0.as_fd(), &[change(0, libc::EVFILT_USER, 0, libc::NOTE_TRIGGER, 0)]);
        }
    }

    /// Sets the timer to expire after that time. Takes no lock.
    pub(crate) fn set(&self, time: Duration) {
        if self.0.is_same() {
            // It fails only without memory; then the waits look by themselves.
            let _ = set_timer(self.0.as_fd(), time);
        }
    }

    /// Any number of sets can have the same source.
    pub(crate) fn seat(self: &Arc<Sources>) -> io::Result<Seat> {
        Ok(Seat(self.clone()))
    }
}

impl AsFd for Seat {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.0.as_fd()
    }
}

/// A descriptor that is readable once the process has ended. ESRCH if it has ended before, on macOS also before it was
/// reaped.
pub(crate) fn open_process(pid: u32) -> io::Result<Descriptor> {
    let queue = new_queue()?;
    apply(queue.as_fd(), &[change(pid as usize, libc::EVFILT_PROC, libc::EV_ADD, libc::NOTE_EXIT, 0)])?;
    Ok(queue)
}

/// Not supported: kill(2) takes a pid, which another process may have by then.
pub(crate) fn signal(_process: &Descriptor, _signal: i32) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

/// Sleeps until one of the descriptors is readable or the time is over, and returns which are readable. A signal
/// handler that runs meanwhile ends the sleep with EINTR, with SA_RESTART too. macOS rounds the time up to
/// milliseconds: poll(2).
pub(crate) fn sleep<const N: usize>(sources: [Option<BorrowedFd<'_>>; N], time: Duration) -> io::Result<[bool; N]> {
    let mut polled = sources.map(|source| libc::pollfd {
        fd: source.map_or(-1, |source| source.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    let count = polled.len() as libc::nfds_t;
    #[cfg(target_os = "macos")]
    {
        let time = time.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(libc::c_int::MAX);
        // SAFETY: the array lives through the call; entries with -1 are ignored.
        check(unsafe { libc::poll(polled.as_mut_ptr(), count, time) })?;
    }
    #[cfg(target_os = "freebsd")]
    {
        let time = crate::sys::clock::timespec(time);
        // SAFETY: the array and the time live through the call; entries with -1 are ignored.
        check(unsafe { libc::ppoll(polled.as_mut_ptr(), count, &time, std::ptr::null()) })?;
    }
    Ok(polled.map(|entry| entry.revents & libc::POLLIN != 0))
}

/// Whether a descriptor is readable now.
pub(crate) fn is_readable(source: BorrowedFd<'_>) -> bool {
    let mut polled = libc::pollfd { fd: source.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, which lives through the call.
    unsafe { libc::poll(&mut polled, 1, 0) == 1 }
}

/// A descriptor that is readable while any of its sources is readable or its bell rings.
#[derive(Debug)]
pub(crate) struct Set(Descriptor);

/// Makes a set readable. The set must be open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bell(RawFd);

impl Set {
    /// A set without sources, whose bell is rung.
    pub(crate) fn new() -> io::Result<Set> {
        let set = Set(new_queue()?);
        let made = change(BELL, libc::EVFILT_USER, libc::EV_ADD, 0, 0);
        let rung = change(BELL, libc::EVFILT_USER, 0, libc::NOTE_TRIGGER, 0);
        apply(set.as_fd(), &[made, rung])?;
        Ok(set)
    }

    /// Adds a source, unless it is in the set already. It leaves the set when it is closed.
    pub(crate) fn add(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        apply(self.as_fd(), &[change(source.as_raw_fd() as usize, libc::EVFILT_READ, libc::EV_ADD, 0, 0)])
    }

    /// Removes a source, if it is in the set.
    pub(crate) fn remove(&self, source: BorrowedFd<'_>) {
        let gone = change(source.as_raw_fd() as usize, libc::EVFILT_READ, libc::EV_DELETE, 0, 0);
        let _ = apply(self.as_fd(), &[gone]);
    }

    pub(crate) fn bell(&self) -> Bell {
        Bell(self.0.as_raw_fd())
    }

    /// Stops the bell. A ring at the same moment may be lost.
    pub(crate) fn silence(&self) {
        let gone = change(BELL, libc::EVFILT_USER, libc::EV_DELETE, 0, 0);
        let made = change(BELL, libc::EVFILT_USER, libc::EV_ADD, 0, 0);
        let _ = apply(self.as_fd(), &[gone, made]);
        self.settle();
    }

    /// Checks the sources again: the set stays readable only while one of them is readable or the bell rings.
    pub(crate) fn settle(&self) {
        take_events(self.as_fd());
    }
}

impl Bell {
    /// Rings until the set is silenced. If the program has closed the set and another kqueue has its number, the call
    /// fails, because that one has no such bell.
    pub(crate) fn ring(self) {
        // SAFETY: the number is only passed to the kernel, which fails with EBADF if it is not open.
        let set = unsafe { BorrowedFd::borrow_raw(self.0) };
        let _ = apply(set, &[change(BELL, libc::EVFILT_USER, 0, libc::NOTE_TRIGGER, 0)]);
    }
}

impl AsFd for Set {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A timer: a descriptor that is readable once it has expired.
pub(crate) fn new_timer() -> io::Result<Descriptor> {
    new_queue()
}

/// Sets the timer to expire after that time, and replaces an earlier setting.
pub(crate) fn set_timer(timer: BorrowedFd<'_>, time: Duration) -> io::Result<()> {
    // This removes the event of an earlier timer that has expired, too. There may be no earlier timer.
    let _ = apply(timer, &[change(0, libc::EVFILT_TIMER, libc::EV_DELETE, 0, 0)]);
    let time = i64::try_from(time.min(DAY).as_nanos()).unwrap_or(i64::MAX).max(1);
    apply(timer, &[change(0, libc::EVFILT_TIMER, libc::EV_ADD | libc::EV_ONESHOT, libc::NOTE_NSECONDS, time)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_readable_while_a_source_is() {
        let (set, timer) = (Set::new().unwrap(), new_timer().unwrap());
        let counter = Arc::new(Sources::counters().unwrap()).seat().unwrap();
        assert!(is_readable(set.as_fd()));
        set.silence();
        for source in [counter.as_fd(), timer.as_fd(), counter.as_fd()] {
            set.add(source).unwrap();
        }
        assert!(!is_readable(set.as_fd()));
        set_timer(timer.as_fd(), Duration::ZERO).unwrap();
        assert_eq!(sleep([None, Some(set.as_fd())], Duration::from_secs(10)).unwrap(), [false, true]);
        set_timer(timer.as_fd(), Duration::from_secs(10)).unwrap();
        set.settle();
        assert!(!is_readable(set.as_fd()));
        set.bell().ring();
        set.settle();
        assert!(is_readable(set.as_fd()));
        set.silence();
        assert!(!is_readable(set.as_fd()));
        counter.0.raise();
        set.settle();
        assert!(is_readable(set.as_fd()));
        set.remove(counter.as_fd());
        set.settle();
        assert!(!is_readable(set.as_fd()));
    }
}
