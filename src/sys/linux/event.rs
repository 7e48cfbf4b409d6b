//! What a waiting process can sleep on (Linux): a signal from another thread, the end of a process, a
//! moment in time; changes of files are in `watch.rs`. And sleeping itself.

use std::io;
use std::iter::successors;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::*};
use std::time::Duration;

use crate::sys::check;
use crate::sys::clock::timespec;
use crate::sys::descriptor::Descriptor;
use crate::sys::number::opened;

/// A counter that is readable, for poll(2), once it was raised. eventfd(2).
pub(crate) fn new_counter() -> io::Result<Descriptor> {
    // SAFETY: no memory is involved.
    Descriptor::kept(opened(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?)
}

pub(crate) fn raise(counter: BorrowedFd<'_>) {
    let one = 1u64;
    // SAFETY: write reads the eight bytes of `one`. It fails only when it was raised 2^64 times.
    unsafe { libc::write(counter.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
}

/// Makes a raised counter unreadable again.
pub(crate) fn reset(counter: BorrowedFd<'_>) {
    let mut count = 0u64;
    // SAFETY: read writes eight bytes to `count`. It fails only when the counter was not raised.
    unsafe { libc::read(counter.as_raw_fd(), (&raw mut count).cast(), size_of::<u64>()) };
}

/// Counters that are raised together: as many as it takes for all sets that want one as a source.
#[derive(Debug)]
pub(crate) struct Counters {
    counter: Descriptor,
    /// How many sets have this one.
    sets: AtomicUsize,
    /// The next one, added when this one is in as many sets as it can be.
    next: AtomicPtr<Counters>,
}

impl Counters {
    pub(crate) fn new() -> io::Result<Counters> {
        Ok(Counters { counter: new_counter()?, sets: AtomicUsize::new(0), next: AtomicPtr::new(null_mut()) })
    }

    /// Takes no lock.
    pub(crate) fn raise(&self) {
        for one in self.all().filter(|one| one.counter.is_same()) {
            raise(one.counter.as_fd());
        }
    }

    /// Finds a counter for one more set, and says which.
    pub(crate) fn take_seat(&self) -> io::Result<usize> {
        let one_more = |sets| (sets < SETS_PER_SOURCE).then_some(sets + 1);
        loop {
            let mut last = self;
            for (number, one) in self.all().enumerate() {
                if one.sets.fetch_update(Relaxed, Relaxed, one_more).is_ok() {
                    return Ok(number);
                }
                last = one;
            }
            let made = Box::into_raw(Box::new(Counters::new()?));
            if last.next.compare_exchange(null_mut(), made, AcqRel, Relaxed).is_err() {
                // SAFETY: another thread added its own first; no other thread has seen this one.
                drop(unsafe { Box::from_raw(made) });
            }
        }
    }

    pub(crate) fn leave_seat(&self, number: usize) {
        if let Some(one) = self.all().nth(number) {
            one.sets.fetch_sub(1, Relaxed);
        }
    }

    /// The counter that was found.
    pub(crate) fn of_seat(&self, number: usize) -> Option<BorrowedFd<'_>> {
        self.all().nth(number).map(|one| one.counter.as_fd())
    }

    fn all(&self) -> impl Iterator<Item = &Counters> {
        // SAFETY: what was added stays until this one, which owns it, is dropped.
        successors(Some(self), |one| unsafe { one.next.load(Acquire).as_ref() })
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        let next = *self.next.get_mut();
        if !next.is_null() {
            // SAFETY: it was made by a Box, and has no other owner.
            drop(unsafe { Box::from_raw(next) });
        }
    }
}

/// A descriptor that is readable once the process has ended. pidfd_open(2), since Linux 5.3.
pub(crate) fn open_process(pid: u32) -> io::Result<Descriptor> {
    // SAFETY: no memory is involved; the result is a new descriptor (close-on-exec) or -1.
    Descriptor::kept(opened(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as libc::c_int)?)
}

/// Sends a signal to that very process. pidfd_send_signal(2), since Linux 5.1.
pub(crate) fn signal(process: &Descriptor, signal: i32) -> io::Result<()> {
    // SAFETY: the signal's details are not given, so no memory is involved.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal, null::<libc::siginfo_t>(), 0)
    };
    check(result as libc::c_int).map(drop)
}

/// Sleeps until one of the descriptors is readable or the time is over, and tells which are. Any signal
/// handler that runs meanwhile ends the sleep with EINTR, with SA_RESTART too (signal(7)).
pub(crate) fn sleep<const N: usize>(sources: [Option<BorrowedFd<'_>>; N], time: Duration) -> io::Result<[bool; N]> {
    let mut polled = sources.map(|source| libc::pollfd {
        fd: source.map_or(-1, |source| source.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    let time = timespec(time);
    // SAFETY: the array and the time live through the call; entries with -1 are passed over.
    check(unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, &time, null()) })?;
    Ok(polled.map(|entry| entry.revents & libc::POLLIN != 0))
}

/// Whether a descriptor is readable now.
pub(crate) fn is_readable(source: BorrowedFd<'_>) -> bool {
    let mut polled = libc::pollfd { fd: source.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, which lives through the call.
    unsafe { libc::poll(&mut polled, 1, 0) == 1 }
}

/// How many sets may have the same source. Linux allows 500 that are each in one more set, an event
/// loop's, and 100 if that one is in a third (reverse_path_check() in fs/eventpoll.c).
pub(crate) const SETS_PER_SOURCE: usize = 100;

/// One descriptor that is readable while any of its sources is. epoll(7).
pub(crate) fn new_set() -> io::Result<Descriptor> {
    // SAFETY: no memory is involved.
    Descriptor::kept(opened(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?)
}

/// Adds a source; that it is in the set already is fine. It leaves the set when it is closed.
pub(crate) fn add(set: BorrowedFd<'_>, source: BorrowedFd<'_>) -> io::Result<()> {
    let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 0 };
    // SAFETY: the event lives through the call, which copies it.
    match check(unsafe { libc::epoll_ctl(set.as_raw_fd(), libc::EPOLL_CTL_ADD, source.as_raw_fd(), &mut event) }) {
        Err(error) if error.raw_os_error() != Some(libc::EEXIST) => Err(error),
        _ => Ok(()),
    }
}

/// Takes a source out; that it is not in the set is fine.
pub(crate) fn remove(set: BorrowedFd<'_>, source: BorrowedFd<'_>) {
    // SAFETY: no memory is involved; this operation ignores the event.
    unsafe { libc::epoll_ctl(set.as_raw_fd(), libc::EPOLL_CTL_DEL, source.as_raw_fd(), null_mut()) };
}

/// A descriptor that is readable from a moment on. timerfd_create(2), by CLOCK_MONOTONIC.
pub(crate) fn new_timer() -> io::Result<Descriptor> {
    let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
    // SAFETY: no memory is involved.
    Descriptor::kept(opened(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) })?)
}

/// Sets the timer to that much time from now, whatever it was set to before.
pub(crate) fn set_timer(timer: BorrowedFd<'_>, time: Duration) -> io::Result<()> {
    // Zero would switch it off.
    let time = libc::itimerspec {
        it_interval: timespec(Duration::ZERO),
        it_value: timespec(time.max(Duration::from_nanos(1))),
    };
    // SAFETY: the time lives through the call; the old value is not asked for.
    check(unsafe { libc::timerfd_settime(timer.as_raw_fd(), 0, &time, null_mut()) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_readable_while_a_source_is() {
        let (set, counter, timer) = (new_set().unwrap(), new_counter().unwrap(), new_timer().unwrap());
        for source in [&counter, &timer, &counter] {
            add(set.as_fd(), source.as_fd()).unwrap();
        }
        assert!(!is_readable(set.as_fd()));
        set_timer(timer.as_fd(), Duration::ZERO).unwrap();
        assert_eq!(sleep([None, Some(set.as_fd())], Duration::from_secs(10)).unwrap(), [false, true]);
        assert!(is_readable(set.as_fd()));
        set_timer(timer.as_fd(), Duration::from_secs(10)).unwrap();
        assert!(!is_readable(set.as_fd()));
        raise(counter.as_fd());
        assert!(is_readable(set.as_fd()));
        reset(counter.as_fd());
        assert!(!is_readable(set.as_fd()));
    }
}
