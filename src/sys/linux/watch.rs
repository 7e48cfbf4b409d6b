//! Watches files for changes (Linux). Up to a hundred waits of a process share an inotify(7) instance: a user has only
//! 128 instances for all programs, and closing one that has had a watch takes milliseconds.
//!
//! Every wait polls the queue of its instance and a bell of its own. A wait that finds the queue readable reads all
//! events, and rings the bells of the other waits that they concern. No event is lost:
//! - An event in the queue keeps it readable for all waits, so one that is awake reads it.
//! - Events are read, and bells are rung, under one mutex: a wait that was asleep, or between two sleeps, finds its
//!   bell readable.
//! - A wait is on the list before another one can read the first event of its watch: its watch and its place on the
//!   list are added under the mutex, and removed under it.
//! - A bell stays readable until its wait has heard it. The wait then looks at the lock.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::*};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::event;
use crate::sys::descriptor::Descriptor;
use crate::sys::file::{self, FileId};
use crate::sys::number::opened;
use crate::sys::{check, process};

/// The events that can mean that a lock is free, or that its file is no longer at the path: a writer closed it, its
/// link count or times changed, it was moved or removed.
const SIGNS: u32 = libc::IN_CLOSE_WRITE | libc::IN_ATTRIB | libc::IN_MOVE_SELF | libc::IN_DELETE_SELF;

/// Room for many events at once; one without a name takes 16 bytes.
const BUFFER: usize = 4096;

/// Whether an unlock is an event, also for the wait that unlocks. On Linux only closing the file is one.
pub(crate) const HEARS_UNLOCK: bool = false;

/// Whether the kernel takes long to close a watcher: up to 30 ms for one that has had a watch.
pub(crate) const CLOSES_SLOWLY: bool = true;

/// The newest hub. None is ever freed: later waits of the process share it.
static NEWEST: AtomicPtr<Hub> = AtomicPtr::new(null_mut());

/// An inotify instance, and which wait watches which file.
#[derive(Debug)]
struct Hub {
    /// The process that made it. A forked child leaves it alone and makes hubs of its own: events that the child reads
    /// would be lost to its parent, and the mutex may be locked by a thread that does not exist in the child. The child
    /// does not close its copy of the descriptor either: a daemon may have closed all inherited descriptors and reused
    /// the number.
    owner: u32,
    inotify: Descriptor,
    /// In the order of their watches.
    waits: Mutex<Vec<Subscriber>>,
    /// How many waits are here.
    members: AtomicUsize,
    /// The hub before it, or one of the process that this one was forked from.
    older: Option<&'static Hub>,
}

/// A wait's place on the list. All watches of one file by one instance have the same number.
#[derive(Debug)]
struct Subscriber {
    watch: libc::c_int,
    /// Open as long as the place is on the list, unless the program has closed it.
    bell: RawFd,
    identity: Option<FileId>,
    /// Whether the bell is readable. Like the bell itself this changes only under the mutex.
    rung: bool,
}

/// A wait's use of a hub, for one file at a time.
#[derive(Debug)]
pub(crate) struct Watcher {
    hub: &'static Hub,
    bell: Descriptor,
    watch: Option<libc::c_int>,
}

impl Watcher {
    /// Watches that file.
    pub(crate) fn new(file: BorrowedFd<'_>) -> io::Result<Watcher> {
        let bell = event::new_counter()?;
        let mut watcher = Watcher { hub: join_hub()?, bell, watch: None };
        watcher.watch(file)?;
        Ok(watcher)
    }

    /// Watches that file instead of the one before. True: it is the same file, and no event was missed.
    pub(crate) fn watch(&mut self, file: BorrowedFd<'_>) -> io::Result<bool> {
        let Some(mut waits) = self.hub.waits().filter(|_| self.hub.inotify.is_same()) else {
            return Err(io::Error::from_raw_os_error(libc::ENOSYS));
        };
        // The open file itself, which a chdir or a rename does not change.
        let path = file::path_of(file)?;
        // SAFETY: the path is NUL-terminated and lives through the call.
        let watch = check(unsafe { libc::inotify_add_watch(self.hub.inotify.as_raw_fd(), path.as_ptr(), SIGNS) });
        if let Ok(watch) = watch {
            if self.watch == Some(watch) {
                return Ok(true);
            }
            let bell = self.bell.as_raw_fd();
            let at = place(&waits, watch, bell).unwrap_or_else(|at| at);
            waits.insert(at, Subscriber { watch, bell, identity: self.bell.identity(), rung: false });
        }
        self.leave(&mut waits);
        self.watch = Some(watch?);
        Ok(false)
    }

    /// Whether there was an event of the file since the last call. Call it when the queue or the bell is readable.
    pub(crate) fn hear(&self) -> bool {
        let Some(mut waits) = self.hub.waits() else {
            return false;
        };
        let heard = self.hub.take_events(&mut waits, Some(&self.bell));
        let own = self.watch.and_then(|watch| place(&waits, watch, self.bell.as_raw_fd()).ok());
        let rung = own.is_some_and(|at| std::mem::take(&mut waits[at].rung));
        if rung && self.bell.is_same() {
            event::reset(self.bell.as_fd());
        }
        heard || rung
    }

    /// Readable when there are events, of any wait.
    pub(crate) fn queue(&self) -> BorrowedFd<'_> {
        self.hub.inotify.as_fd()
    }

    /// Readable when another wait has read an event of this one.
    pub(crate) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    fn leave(&mut self, waits: &mut Vec<Subscriber>) {
        let Some(watch) = self.watch.take() else {
            return;
        };
        if let Ok(at) = place(waits, watch, self.bell.as_raw_fd()) {
            if waits.remove(at).rung && self.bell.is_same() {
                event::reset(self.bell.as_fd());
            }
        }
        if concerned(waits, watch).is_empty() && self.hub.inotify.is_same() {
            // SAFETY: no memory is involved. It fails if the watch has ended with its file.
            unsafe { libc::inotify_rm_watch(self.hub.inotify.as_raw_fd(), watch) };
            // Removing a watch is an event too. Read it, so that it wakes neither the other waits nor the next one. The
            // other events that are read ring their waits.
            self.hub.take_events(waits, None);
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // In a forked child the watch is the parent's: only this copy of the bell is closed.
        if let Some(mut waits) = self.hub.waits() {
            self.leave(&mut waits);
            self.hub.members.fetch_sub(1, Relaxed);
        }
    }
}

impl Hub {
    /// The list, under its mutex. None in a forked child.
    fn waits(&self) -> Option<MutexGuard<'_, Vec<Subscriber>>> {
        if self.owner != process::instance() {
            return None;
        }
        Some(self.waits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads all events and rings the other waits that they concern. True: an event concerns the caller.
    fn take_events(&self, waits: &mut [Subscriber], caller: Option<&Descriptor>) -> bool {
        let mut buffer = [0u8; BUFFER];
        let mut concerns_caller = false;
        if !self.inotify.is_same() {
            return false;
        }
        loop {
            // SAFETY: read writes at most BUFFER bytes, all of them inside the buffer.
            let count = unsafe { libc::read(self.inotify.as_raw_fd(), buffer.as_mut_ptr().cast(), BUFFER) };
            let Some(mut events) = usize::try_from(count).ok().and_then(|count| buffer.get(..count)) else {
                return concerns_caller;
            };
            // A read that fills less than half of the buffer has emptied the queue.
            let is_last = events.len() < BUFFER / 2;
            while let Some((watch, rest)) = next_event(events) {
                events = rest;
                for wait in concerned(waits, watch) {
                    if caller.is_some_and(|caller| caller.as_raw_fd() == wait.bell) {
                        concerns_caller = true;
                    } else if !std::mem::replace(&mut wait.rung, true) {
                        // SAFETY: the library closes a bell only after its place has left the list. If the program has
                        // closed it, fstat fails or finds another file, and nothing is written.
                        let bell = unsafe { BorrowedFd::borrow_raw(wait.bell) };
                        if file::stat(bell).is_ok_and(|found| Some(found.identity) == wait.identity) {
                            event::raise(bell);
                        }
                    }
                }
            }
            if is_last {
                return concerns_caller;
            }
        }
    }
}

/// The waits that an event of this watch concerns. Empty if the watch has ended meanwhile.
fn concerned(waits: &mut [Subscriber], watch: libc::c_int) -> &mut [Subscriber] {
    // The queue was full, and events are missing.
    if watch == -1 {
        return waits;
    }
    let begin = waits.partition_point(|wait| wait.watch < watch);
    let count = waits[begin..].partition_point(|wait| wait.watch == watch);
    &mut waits[begin..begin + count]
}

/// Where on the list a wait is (Ok) or belongs (Err).
fn place(waits: &[Subscriber], watch: libc::c_int, bell: RawFd) -> Result<usize, usize> {
    waits.binary_search_by_key(&(watch, bell), |wait| (wait.watch, wait.bell))
}

/// The watch that the first event is about, and the events after it. Each is `watch, mask, cookie,
/// length` in 32 bits each, and a name of that length.
fn next_event(events: &[u8]) -> Option<(libc::c_int, &[u8])> {
    let number = |at: usize| Some(u32::from_ne_bytes(events.get(at..at + 4)?.try_into().ok()?));
    let length = number(12)? as usize;
    Some((number(0)? as libc::c_int, events.get(16 + length..).unwrap_or_default()))
}

/// Makes room for a wait in one of this process's hubs, or in a new one.
fn join_hub() -> io::Result<&'static Hub> {
    let owner = process::instance();
    loop {
        let newest = NEWEST.load(Acquire);
        // SAFETY: what was published is never freed.
        let known = unsafe { newest.as_ref() };
        let mut next = known;
        while let Some(hub) = next.filter(|hub| hub.owner == owner) {
            let one_more = |members| (members < event::SETS_PER_SOURCE).then_some(members + 1);
            if hub.inotify.is_same() && hub.members.fetch_update(Relaxed, Relaxed, one_more).is_ok() {
                return Ok(hub);
            }
            next = hub.older;
        }
        // SAFETY: no memory is involved.
        let inotify = opened(unsafe { libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK) })?;
        let inotify = Descriptor::kept(inotify)?;
        let (waits, members) = (Mutex::new(Vec::new()), AtomicUsize::new(1));
        let made = Box::into_raw(Box::new(Hub { owner, inotify, waits, members, older: known }));
        let published = NEWEST.compare_exchange(newest, made, AcqRel, Relaxed).is_ok();
        // SAFETY: it was made by this thread, and is freed only if it was not published.
        unsafe {
            if published {
                return Ok(&*made);
            }
            drop(Box::from_raw(made));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::event::is_readable;
    use std::fs::File;
    use tempfile::NamedTempFile;

    fn watch(file: &NamedTempFile) -> Watcher {
        Watcher::new(file.as_file().as_fd()).unwrap()
    }

    fn change(file: &NamedTempFile) {
        drop(File::options().write(true).open(file.path()).unwrap());
    }

    #[test]
    fn a_change_is_heard_once_and_by_the_waits_that_watch_the_file() {
        let (ours, others) = (NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap());
        let other = watch(&others);
        for _ in 0..100 {
            let (first, second) = (watch(&ours), watch(&ours));
            assert!(!first.hear(), "an event of an earlier wait");
            change(&ours);
            // Whichever hears it first, none misses it.
            assert!(!other.hear() && !is_readable(other.bell()));
            assert!(is_readable(first.bell()) && is_readable(second.bell()));
            assert!(first.hear() && !first.hear() && !is_readable(first.bell()));
            drop(first);
            assert!(second.hear() && !second.hear());
            // The watch stays until the last one leaves.
            change(&ours);
            assert!(second.hear() && !is_readable(second.bell()));
        }
    }

    #[test]
    fn earlier_changes_of_the_file_are_not_heard() {
        let (before, after) = (NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap());
        let (mut watcher, other) = (watch(&before), watch(&after));
        change(&before);
        assert!(!other.hear() && is_readable(watcher.bell()));
        watcher.watch(after.as_file().as_fd()).unwrap();
        assert!(!is_readable(watcher.bell()) && !watcher.hear());
        change(&before);
        assert!(!watcher.hear());
        change(&after);
        assert!(watcher.hear() && other.hear());
    }
}
