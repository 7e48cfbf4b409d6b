//! What a wait sleeps on (Linux): a counter that another thread raises, the end of a process, a timer; and the sleep
//! itself. Changes of files are in `watch.rs`.

use std::io;
use std::iter::successors;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::sys::check;
use crate::sys::clock::timespec;
use crate::sys::descriptor::Descriptor;
use crate::sys::number::opened;
use crate::sys::process::PerProcess;

/// A counter that is readable, poll(2), once it was raised. eventfd(2).
pub(crate) fn new_counter() -> io::Result<Descriptor> {
    // SAFETY: no memory is involved.
    Descriptor::kept(opened(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?)
}

pub(crate) fn raise(counter: BorrowedFd<'_>) {
    let one = 1u64;
    // SAFETY: write reads the eight bytes of `one`. It fails only if the counter is at its maximum; then it is
    // readable.
    unsafe { libc::write(counter.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
}

/// Makes a raised counter unreadable again.
pub(crate) fn reset(counter: BorrowedFd<'_>) {
    let mut count = 0u64;
    // SAFETY: read writes eight bytes to `count`. It fails only if the counter was not raised.
    unsafe { libc::read(counter.as_raw_fd(), (&raw mut count).cast(), size_of::<u64>()) };
}

/// Descriptors that become readable together, as many as the sets need that have one of them as a source.
#[derive(Debug)]
pub(crate) struct Sources {
    make: fn() -> io::Result<Descriptor>,
    source: Descriptor,
    /// How many sets have this one.
    sets: AtomicUsize,
    /// The next one, added when this one is in as many sets as it can be.
    next: AtomicPtr<Sources>,
}

/// A source, reserved for one set.
#[derive(Debug)]
pub(crate) struct Seat {
    sources: Arc<Sources>,
    number: usize,
}

impl Sources {
    /// Counters, which are raised together.
    pub(crate) fn counters() -> io::Result<Sources> {
        Sources::new(new_counter)
    }

    /// Timers, which are set together.
    pub(crate) fn timers() -> io::Result<Sources> {
        Sources::new(new_timer)
    }

    fn new(make: fn() -> io::Result<Descriptor>) -> io::Result<Sources> {
        Ok(Sources { make, source: make()?, sets: AtomicUsize::new(0), next: AtomicPtr::new(null_mut()) })
    }

    /// Raises the counters. Takes no lock.
    pub(crate) fn raise(&self) {
        for one in self.all().filter(|one| one.source.is_same()) {
            raise(one.source.as_fd());
        }
    }

    /// Sets the timers to expire after that time. Takes no lock.
    pub(crate) fn set(&self, time: Duration) {
        for one in self.all().filter(|one| one.source.is_same()) {
            // It fails only for a descriptor that is not a timer.
            let _ = set_timer(one.source.as_fd(), time);
        }
    }

    /// Finds a source for one more set.
    pub(crate) fn seat(self: &Arc<Sources>) -> io::Result<Seat> {
        let one_more = |sets| (sets < SETS_PER_SOURCE).then_some(sets + 1);
        loop {
            let mut last = &**self;
            for (number, one) in self.all().enumerate() {
                if one.sets.fetch_update(Relaxed, Relaxed, one_more).is_ok() {
                    return Ok(Seat { sources: self.clone(), number });
                }
                last = one;
            }
            let made = Box::into_raw(Box::new(Sources::new(self.make)?));
            if last.next.compare_exchange(null_mut(), made, AcqRel, Relaxed).is_err() {
                // SAFETY: another thread added its own first; no other thread has seen this one.
                drop(unsafe { Box::from_raw(made) });
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = &Sources> {
        // SAFETY: what was added stays until this one, which owns it, is dropped.
        successors(Some(self), |one| unsafe { one.next.load(Acquire).as_ref() })
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        // In a loop: each owns the next, and there can be too many for recursion.
        let mut next = *self.next.get_mut();
        while !next.is_null() {
            // SAFETY: it was made by a Box, and has no other owner.
            let mut one = unsafe { Box::from_raw(next) };
            next = std::mem::replace(one.next.get_mut(), null_mut());
        }
    }
}

impl AsFd for Seat {
    fn as_fd(&self) -> BorrowedFd<'_> {
        let one = self.sources.all().nth(self.number).unwrap_or(&self.sources);
        one.source.as_fd()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(one) = self.sources.all().nth(self.number) {
            one.sets.fetch_sub(1, Relaxed);
        }
    }
}

/// A descriptor that is readable once the process has ended. pidfd_open(2), since Linux 5.3.
pub(crate) fn open_process(pid: u32) -> io::Result<Descriptor> {
    // SAFETY: no memory is involved; the result is a new descriptor (close-on-exec) or -1.
    Descriptor::kept(opened(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as libc::c_int)?)
}

/// Sends a signal to this process and no other. pidfd_send_signal(2), since Linux 5.1.
pub(crate) fn signal(process: &Descriptor, signal: i32) -> io::Result<()> {
    // SAFETY: the signal's details are NULL, so no memory is involved.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal, null::<libc::siginfo_t>(), 0)
    };
    check(result as libc::c_int).map(drop)
}

/// Sleeps until one of the descriptors is readable or the time is over, and returns which are readable. ppoll(2). A
/// signal handler that runs meanwhile ends the sleep with EINTR, with SA_RESTART too (signal(7)).
pub(crate) fn sleep<const N: usize>(sources: [Option<BorrowedFd<'_>>; N], time: Duration) -> io::Result<[bool; N]> {
    let mut polled = sources.map(|source| libc::pollfd {
        fd: source.map_or(-1, |source| source.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    let time = timespec(time);
    // SAFETY: the array and the time live through the call; entries with -1 are ignored.
    check(unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, &time, null()) })?;
    Ok(polled.map(|entry| entry.revents & libc::POLLIN != 0))
}

/// Whether a descriptor is readable now.
pub(crate) fn is_readable(source: BorrowedFd<'_>) -> bool {
    let mut polled = libc::pollfd { fd: source.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, which lives through the call.
    unsafe { libc::poll(&mut polled, 1, 0) == 1 }
}

/// How many sets may have the same source. Linux allows 500 if each of them is in one other set, an event loop's, and
/// 100 if that one is in a third (reverse_path_check() in fs/eventpoll.c).
pub(crate) const SETS_PER_SOURCE: usize = 100;

/// A descriptor that is readable while any of its sources is readable or its bell rings. epoll(7).
#[derive(Debug)]
pub(crate) struct Set {
    fd: Descriptor,
    /// An expired timer, which the sets of the process share. The bell rings while the set asks for this timer's
    /// events, so it needs no descriptor of its own.
    ready: Seat,
}

/// Makes a set readable. The set must be open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bell {
    set: RawFd,
    ready: RawFd,
}

impl Set {
    /// A set without sources, whose bell is rung.
    pub(crate) fn new() -> io::Result<Set> {
        let ready = expired_timers()?.seat()?;
        // SAFETY: no memory is involved.
        let fd = Descriptor::kept(opened(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?)?;
        control(fd.as_raw_fd(), libc::EPOLL_CTL_ADD, ready.as_fd().as_raw_fd(), libc::EPOLLIN)?;
        Ok(Set { fd, ready })
    }

    /// Adds a source, unless it is in the set already. It leaves the set when it is closed, unless a forked child has a
    /// copy.
    pub(crate) fn add(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        match control(self.fd.as_raw_fd(), libc::EPOLL_CTL_ADD, source.as_raw_fd(), libc::EPOLLIN) {
            Err(error) if error.raw_os_error() != Some(libc::EEXIST) => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes a source, if it is in the set.
    pub(crate) fn remove(&self, source: BorrowedFd<'_>) {
        let _ = control(self.fd.as_raw_fd(), libc::EPOLL_CTL_DEL, source.as_raw_fd(), 0);
    }

    pub(crate) fn bell(&self) -> Bell {
        Bell { set: self.fd.as_raw_fd(), ready: self.ready.as_fd().as_raw_fd() }
    }

    /// Stops the bell.
    pub(crate) fn silence(&self) {
        self.bell().ask_for(0);
    }

    /// Does nothing: epoll checks the sources at each call.
    pub(crate) fn settle(&self) {}
}

impl Bell {
    /// Rings until the set is silenced.
    pub(crate) fn ring(self) {
        self.ask_for(libc::EPOLLIN);
    }

    /// If the program has closed the set and another one has its number, the call fails, because that one has no such
    /// source.
    fn ask_for(self, events: libc::c_int) {
        let _ = control(self.set, libc::EPOLL_CTL_MOD, self.ready, events);
    }
}

impl AsFd for Set {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn control(set: RawFd, operation: libc::c_int, source: RawFd, events: libc::c_int) -> io::Result<()> {
    let mut event = libc::epoll_event { events: events as u32, u64: 0 };
    // SAFETY: the event lives through the call, which copies it.
    check(unsafe { libc::epoll_ctl(set, operation, source, &mut event) }).map(drop)
}

/// The expired timers of this process, which are closed with the last set. A forked child has its own.
fn expired_timers() -> io::Result<Arc<Sources>> {
    static SHARED: PerProcess<Arc<Mutex<Weak<Sources>>>> = PerProcess::new();
    let shared = SHARED.get(Arc::default, |_| true);
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(timers) = shared.upgrade() {
        return Ok(timers);
    }
    let timers = Arc::new(Sources::new(|| {
        let timer = new_timer()?;
        set_timer(timer.as_fd(), Duration::ZERO)?;
        Ok(timer)
    })?);
    *shared = Arc::downgrade(&timers);
    Ok(timers)
}

/// A timer: a descriptor that is readable once it has expired. timerfd_create(2), by CLOCK_MONOTONIC.
pub(crate) fn new_timer() -> io::Result<Descriptor> {
    let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
    // SAFETY: no memory is involved.
    Descriptor::kept(opened(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) })?)
}

/// Sets the timer to expire after that time, and replaces an earlier setting.
pub(crate) fn set_timer(timer: BorrowedFd<'_>, time: Duration) -> io::Result<()> {
    // Zero would disarm it.
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
        let (set, counter, timer) = (Set::new().unwrap(), new_counter().unwrap(), new_timer().unwrap());
        set.silence();
        for source in [&counter, &timer, &counter] {
            set.add(source.as_fd()).unwrap();
        }
        assert!(!is_readable(set.as_fd()));
        set_timer(timer.as_fd(), Duration::ZERO).unwrap();
        assert_eq!(sleep([None, Some(set.as_fd())], Duration::from_secs(10)).unwrap(), [false, true]);
        assert!(is_readable(set.as_fd()));
        set_timer(timer.as_fd(), Duration::from_secs(10)).unwrap();
        assert!(!is_readable(set.as_fd()));
        raise(counter.as_fd());
        assert!(is_readable(set.as_fd()));
        set.remove(counter.as_fd());
        assert!(!is_readable(set.as_fd()));
    }

    #[test]
    fn a_set_is_readable_while_its_bell_is_rung() {
        let sets: Vec<Set> = (0..3 * SETS_PER_SOURCE).map(|_| Set::new().unwrap()).collect();
        assert!(sets.iter().all(|set| is_readable(set.as_fd())));
        sets.iter().for_each(Set::silence);
        for set in &sets {
            set.bell().ring();
            assert_eq!(sets.iter().filter(|set| is_readable(set.as_fd())).count(), 1);
            set.silence();
        }
        let other = new_counter().unwrap();
        Bell { set: sets[0].fd.as_raw_fd(), ready: other.as_raw_fd() }.ring();
        assert!(!is_readable(sets[0].as_fd()));
    }

    #[test]
    fn sources_serve_more_sets_than_one_descriptor_can() {
        let timers = Arc::new(Sources::timers().unwrap());
        let sets: Vec<(Set, Seat)> = (0..2 * SETS_PER_SOURCE + 1)
            .map(|_| {
                let (set, seat) = (Set::new().unwrap(), timers.seat().unwrap());
                set.add(seat.as_fd()).unwrap();
                set.silence();
                (set, seat)
            })
            .collect();
        assert_eq!(timers.all().count(), 3);
        assert!(!sets.iter().any(|(set, _)| is_readable(set.as_fd())));
        timers.set(Duration::ZERO);
        assert!(sets.iter().all(|(set, _)| is_readable(set.as_fd())));
        drop(sets);
        assert!(timers.all().all(|one| one.sets.load(Relaxed) == 0));
    }
}
