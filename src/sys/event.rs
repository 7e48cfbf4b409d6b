//! What a waiting process can sleep on (Linux): changes of a file, the end of a process, a signal
//! from another thread, a moment in time. And sleeping itself.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::clock::timespec;
use super::{check, process};

/// What can mean that a lock has become free, or that its file is not the one at the path any more:
/// a writer closed it, its link count or times changed, it was moved. inotify(7).
const SIGNS: u32 = libc::IN_CLOSE_WRITE | libc::IN_ATTRIB | libc::IN_MOVE_SELF | libc::IN_DELETE_SELF;

/// Room for many events at once; one without a name takes 16 bytes.
const BUFFER: usize = 4096;

/// Idle inotify descriptors of this process, each `process::instance() << 32 | descriptor + 1`. Closing one that has
/// had a watch waits for a kernel grace period of milliseconds, so a few are kept for the next wait.
/// A forked child, whose copies share their events with the parent, finds them to be another's.
static IDLE: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];

/// An inotify descriptor, for one file at a time.
#[derive(Debug)]
pub(crate) struct Watcher {
    /// None only while it is dropped.
    fd: Option<OwnedFd>,
    watch: Option<libc::c_int>,
    owner: u32,
}

impl Watcher {
    pub(crate) fn new() -> io::Result<Watcher> {
        let owner = process::instance();
        let fd = match IDLE.iter().find_map(|place| take_idle(place, owner)) {
            Some(fd) => fd,
            None => {
                // SAFETY: no memory is involved.
                let fd = check(unsafe { libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK) })?;
                // SAFETY: the descriptor has just been made, so nobody else owns it.
                unsafe { OwnedFd::from_raw_fd(fd) }
            }
        };
        Ok(Watcher { fd: Some(fd), watch: None, owner })
    }

    /// Watches the file that is at the path now, instead of the one before.
    pub(crate) fn watch(&mut self, path: &CStr) -> io::Result<()> {
        self.unwatch();
        // SAFETY: the path is NUL-terminated and lives through the call.
        let watch = unsafe { libc::inotify_add_watch(self.raw(), path.as_ptr(), SIGNS | libc::IN_DONT_FOLLOW) };
        self.watch = Some(check(watch)?);
        Ok(())
    }

    /// Takes all events off the queue. True: one of them was about the file watched.
    pub(crate) fn drain(&mut self) -> bool {
        let mut buffer = [0u8; BUFFER];
        let mut seen = false;
        loop {
            // SAFETY: read writes at most BUFFER bytes, all of them inside the buffer.
            let count = unsafe { libc::read(self.raw(), buffer.as_mut_ptr().cast(), BUFFER) };
            let Some(events) = usize::try_from(count).ok().and_then(|count| buffer.get(..count)) else {
                return seen;
            };
            seen |= self.is_about_watch(events);
            // A buffer that is not nearly full has emptied the queue.
            if events.len() < BUFFER / 2 {
                return seen;
            }
        }
    }

    /// Each event is `wd, mask, cookie, length` in 32 bits each, and a name of that length.
    fn is_about_watch(&self, mut events: &[u8]) -> bool {
        let number = |at: usize, events: &[u8]| {
            let bytes = events.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_ne_bytes(bytes))
        };
        while let (Some(watch), Some(mask), Some(length)) = (number(0, events), number(4, events), number(12, events)) {
            if self.watch == Some(watch as libc::c_int) || mask & libc::IN_Q_OVERFLOW != 0 {
                return true;
            }
            events = events.get(16 + length as usize..).unwrap_or_default();
        }
        false
    }

    fn unwatch(&mut self) {
        if let Some(watch) = self.watch.take() {
            // SAFETY: no memory is involved. A watch that ended with its file is no error to act on.
            unsafe { libc::inotify_rm_watch(self.raw(), watch) };
        }
    }

    fn raw(&self) -> RawFd {
        self.fd.as_ref().map_or(-1, OwnedFd::as_raw_fd)
    }

    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.fd.as_ref().map(std::os::fd::AsFd::as_fd)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // In a forked child the watch is the parent's; only this copy of the descriptor goes.
        if self.owner != process::instance() {
            return;
        }
        self.unwatch();
        if let Some(fd) = self.fd.take() {
            put_idle(fd, self.owner);
        }
    }
}

fn take_idle(place: &AtomicU64, owner: u32) -> Option<OwnedFd> {
    let kept = place.swap(0, Relaxed);
    // A forked child does not even close its copy: as a daemon it may have closed all it inherited, so
    // that the number is now that of a file of its own.
    if kept >> 32 != u64::from(owner) {
        return None;
    }
    let fd = RawFd::try_from((kept & 0xffff_ffff).checked_sub(1)?).ok()?;
    // SAFETY: whoever put the number here gave up the descriptor behind it, and the swap took it out.
    Some(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn put_idle(fd: OwnedFd, owner: u32) {
    let entry = u64::from(owner) << 32 | (fd.as_raw_fd() as u64 + 1);
    let vacant = |place: &&AtomicU64| place.compare_exchange(0, entry, Relaxed, Relaxed).is_ok();
    if IDLE.iter().any(|place| vacant(&place)) {
        // Its owner is the entry now.
        let _ = fd.into_raw_fd();
    }
}

/// A counter that is readable, for poll(2), once it was raised. eventfd(2).
pub(crate) fn new_counter() -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved.
    let fd = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
    // SAFETY: the descriptor has just been made, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

pub(crate) fn raise(counter: BorrowedFd<'_>) {
    let one = 1u64;
    // SAFETY: write reads the eight bytes of `one`. It fails only when it was raised 2^64 times.
    unsafe { libc::write(counter.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
}

/// A descriptor that is readable once the process has ended. pidfd_open(2), since Linux 5.3.
pub(crate) fn open_process(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved; the result is a new descriptor (close-on-exec) or -1.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as libc::c_int)?;
    // SAFETY: the descriptor has just been made, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sleeps until one of the descriptors is readable or the time is over. Any signal handler that runs
/// meanwhile ends the sleep with EINTR, with SA_RESTART too (signal(7)).
pub(crate) fn sleep(sources: &[BorrowedFd<'_>], time: Duration) -> io::Result<()> {
    let mut polled = [libc::pollfd { fd: -1, events: libc::POLLIN, revents: 0 }; 3];
    for (slot, source) in polled.iter_mut().zip(sources) {
        slot.fd = source.as_raw_fd();
    }
    let time = timespec(time);
    // SAFETY: the array and the time live through the call; slots with -1 are passed over.
    check(unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, &time, null()) }).map(drop)
}

/// Whether a descriptor is readable now.
pub(crate) fn is_readable(source: BorrowedFd<'_>) -> bool {
    let mut polled = libc::pollfd { fd: source.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, which lives through the call.
    unsafe { libc::poll(&mut polled, 1, 0) == 1 }
}

/// One descriptor that is readable while any of its sources is. epoll(7).
pub(crate) fn new_set() -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved.
    let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    // SAFETY: the descriptor has just been made, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
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
pub(crate) fn new_timer() -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved.
    let fd = check(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC | libc::TFD_NONBLOCK) })?;
    // SAFETY: the descriptor has just been made, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
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
    use std::os::fd::AsFd;

    #[test]
    fn a_watcher_sees_a_writer_close_and_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let c_path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        drop(std::fs::File::create(&path).unwrap());
        for _ in 0..100 {
            let mut watcher = Watcher::new().unwrap();
            watcher.watch(&c_path).unwrap();
            assert!(!watcher.drain(), "an event of an earlier wait");
            drop(std::fs::File::options().write(true).open(&path).unwrap());
            assert!(is_readable(watcher.fd().unwrap()));
            assert!(watcher.drain());
            assert!(!watcher.drain());
        }
    }

    #[test]
    fn a_set_is_readable_while_a_source_is() {
        let (set, counter, timer) = (new_set().unwrap(), new_counter().unwrap(), new_timer().unwrap());
        for source in [&counter, &timer, &counter] {
            add(set.as_fd(), source.as_fd()).unwrap();
        }
        assert!(!is_readable(set.as_fd()));
        set_timer(timer.as_fd(), Duration::ZERO).unwrap();
        sleep(&[set.as_fd()], Duration::from_secs(10)).unwrap();
        assert!(is_readable(set.as_fd()));
        set_timer(timer.as_fd(), Duration::from_secs(10)).unwrap();
        assert!(!is_readable(set.as_fd()));
        raise(counter.as_fd());
        assert!(is_readable(set.as_fd()));
    }
}
