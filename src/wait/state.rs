//! Waiting for the lock with a deadline and a cancel token, without polling where the kernel tells
//! what happens. One state machine, `Wait`, tries whenever there is a reason to; `acquire_with` puts
//! it to sleep in between, and `Waiter` lets an event loop do that.
//!
//! What the kernel does, and what follows from it:
//! - A release between a refused try and the watch would be missed: so watch first, then try.
//! - When a holder closes or dies, the event comes just before the lock is dropped: so a try that an
//!   event caused and that is refused is repeated a few times within 4 ms.
//! - A holder of another kind may let go without any event: so look once a second in any case.
//! - A root that is locked while its lock file is free tells of nothing: then look every 1 to 50 ms. The file is given
//!   back at each look, as its holder may be about to put it back in place.

use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::time::Duration;

use super::cancel::CancelToken;
use super::options::AcquireOptions;
use crate::error::{Fault, LockError};
use crate::lock::{
    Budget, LockGuard, LockPath, LockedFile, Published, START_OVERS, acquire_in_queue, acquire_now, is_of_another, vary,
};
use crate::record::{Holder, Record};
use crate::sys::clock;
use crate::sys::descriptor::Descriptor;
use crate::sys::event;
use crate::sys::watch::Watcher;

/// When to look again, in microseconds, after an event that found the lock still taken.
const AFTER_EVENT: [u64; 7] = [20, 50, 100, 200, 500, 1000, 2000];

/// Where in that list to begin when a new holder has it: the event is likely to be explained by that,
/// and the next one to be heard. One look is for an event that was about the new holder's end.
const AFTER_CHANGE: usize = AFTER_EVENT.len() - 1;

/// Where to begin when the wait does: the only event to reckon with is one just before the watch.
const AT_FIRST: usize = AFTER_EVENT.len() - 3;

/// When to look again though nothing was heard.
const BACK_STOP: Duration = Duration::from_secs(1);

/// Between which bounds the pauses grow where the kernel does not tell of changes.
const POLLING: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];

/// How long until the next look, after so many.
fn polling_pause(looks: usize) -> Duration {
    vary((POLLING[0] * (1 << looks.min(6))).min(POLLING[1]))
}

/// Takes the lock, waiting as the options say.
pub(crate) fn acquire_with(root: &Path, prompt: &str, options: &AcquireOptions) -> Result<LockGuard, Fault> {
    let mut wait = Wait::new(root, prompt, options)?;
    if options.timeout.is_some_and(|timeout| timeout.is_zero()) {
        wait.check_cancel()?;
        return acquire_now(wait.path, &mut wait.record);
    }
    if options.timeout.is_none() && options.cancel.is_none() {
        return acquire_in_queue(wait.path, &mut wait.record);
    }
    wait.resolve()?;
    let mut event = false;
    loop {
        if let Some(guard) = wait.step(event)? {
            return Ok(guard);
        }
        event = wait.sleep()?;
    }
}

/// The state machine.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) path: LockPath,
    record: Record<'static>,
    deadline: Option<Duration>,
    pub(super) cancel: Option<CancelToken>,
    /// Kept when the target changes. None where there is no inotify, or no more of it. Before the target,
    /// so that it is dropped first: to close the file is a change of it.
    pub(super) watcher: Option<Watcher>,
    /// The file waited for, once it is open.
    target: Option<Target>,
    pub(super) holder: Option<Box<Holder>>,
    /// Whether there was a record at the last look.
    named: bool,
    /// Tells of the end of the holder's process.
    pub(super) holder_process: Option<Descriptor>,
    next_look: Duration,
    /// How many looks in a row have found the root locked and no lock file.
    vacant_looks: usize,
}

#[derive(Debug)]
struct Target {
    file: LockedFile,
    /// Whether events of this file reach us. If not, look again and again.
    watched: bool,
    /// How many times we looked since the last event, or since the beginning.
    looks: usize,
}

impl Target {
    /// Whether the next look is neither the first nor the last of those that follow an event.
    fn is_within_list(&self) -> bool {
        self.watched && (1..AFTER_EVENT.len()).contains(&self.looks)
    }
}

/// What one look at the lock finds.
enum Look {
    Taken(LockGuard),
    /// The file is not at its path any more.
    Moved,
    /// Another process has it; new since the last look, or not.
    Held {
        new: bool,
    },
    /// Only probers have it.
    Probed,
    /// Another process has the root, and the file is free or missing.
    RootHeld,
}

impl Wait {
    pub(super) fn new(root: &Path, prompt: &str, options: &AcquireOptions) -> Result<Wait, Fault> {
        let now = clock::monotonic();
        let foreign = options.cancel.as_ref().is_some_and(|cancel| !cancel.is_own());
        if foreign {
            return Err(LockError::invalid("the cancel token belongs to the process that this one was forked from"));
        }
        let path = LockPath::within(root, options.lock_file.as_deref())?;
        Ok(Wait {
            path,
            record: Record::new(prompt).map_err(LockError::invalid)?.made(),
            // On overflow there is no deadline.
            deadline: options.timeout.and_then(|timeout| now.checked_add(timeout)),
            cancel: options.cancel.clone(),
            watcher: None,
            target: None,
            holder: None,
            named: false,
            holder_process: None,
            next_look: now,
            vacant_looks: 0,
        })
    }

    /// Finds the root, once for the whole wait.
    pub(super) fn resolve(&self) -> Result<(), Fault> {
        self.path.resolve()
    }

    /// Tries to take the lock and, where that fails, decides when to look again. `event`: because of one.
    pub(super) fn step(&mut self, event: bool) -> Result<Option<LockGuard>, Fault> {
        self.check_cancel()?;
        // Between two steps the program may have closed what it has not opened.
        if !self.path.root_is_same() {
            let closed = std::io::Error::from_raw_os_error(libc::EBADF);
            return Err(self.path.root_failed("wait in", closed));
        }
        if self.target.as_mut().is_some_and(|target| !target.file.is_same()) {
            self.target = None;
        }
        for _ in 0..START_OVERS {
            match self.look(event)? {
                Look::Taken(guard) => return Ok(Some(guard)),
                Look::Moved => {
                    self.target = None;
                    self.next_look = clock::monotonic();
                }
                Look::Held { new } => {
                    self.plan(event.then_some(if new { AFTER_CHANGE } else { 0 }), true);
                    return self.check_deadline();
                }
                Look::Probed | Look::RootHeld => {
                    // A prober is gone in an instant, and no event tells of that. Nor does one tell of the root.
                    self.plan(event.then_some(0), false);
                    return self.check_deadline();
                }
            }
        }
        Err(self.path.unsettled())
    }

    fn check_cancel(&mut self) -> Result<(), Fault> {
        if !self.cancel.as_ref().is_some_and(CancelToken::is_triggered) {
            return Ok(());
        }
        Err(Box::new(LockError::Cancelled { path: self.path.to_owned(), holder: self.holder.take() }))
    }

    fn check_deadline(&mut self) -> Result<Option<LockGuard>, Fault> {
        if !self.is_over() {
            return Ok(None);
        }
        Err(Box::new(LockError::TimedOut { path: self.path.to_owned(), holder: self.holder.take() }))
    }

    fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| clock::monotonic() >= deadline)
    }

    fn look(&mut self, event: bool) -> Result<Look, Fault> {
        if self.target.is_none() {
            // Most locks are free: look before the watch is set up.
            let Some(mut file) = LockedFile::open_to_wait(&self.path)? else {
                return Ok(Look::RootHeld);
            };
            self.vacant_looks = 0;
            if file.try_exclusive()? {
                return self.publish(Target { file, watched: false, looks: 0 });
            }
            let watched = self.watch(&mut file)?;
            if let Some(watcher) = &self.watcher {
                file.move_above(watcher.queue());
                self.path.move_root_above(watcher.queue().as_raw_fd());
                file.set_path(&self.path);
            }
            file.keep(true);
            self.keep();
            self.target = Some(Target { file, watched, looks: if watched { AT_FIRST } else { 0 } });
        }
        let Some(mut target) = self.target.take() else {
            return Ok(Look::Moved);
        };
        if target.file.try_exclusive()? {
            return self.publish(target);
        }
        let probed = target.file.try_shared()?;
        if probed && target.file.try_upgrade()? {
            return self.publish(target);
        }
        // All who wait are here after one event, and are in each other's way: within the list only the
        // lock matters; at both its ends, and at the end of the wait, also who has it, and where.
        if !probed && !event && self.holder.is_some() && target.is_within_list() && !self.is_over() {
            self.target = Some(target);
            self.forget_ended_process();
            return Ok(Look::Held { new: false });
        }
        let Some(found) = self.path.find(target.file.identity()?)? else {
            return Ok(Look::Moved);
        };
        self.forget_ended_process();
        let look = if probed { Look::Probed } else { Look::Held { new: self.meet_holder(&target.file, found.size)? } };
        self.target = Some(target);
        Ok(look)
    }

    fn publish(&mut self, target: Target) -> Result<Look, Fault> {
        let Target { file, watched, looks } = target;
        Ok(match LockGuard::publish(file, &mut self.record, &mut Budget::none())? {
            Published::Guard(guard) => Look::Taken(guard),
            Published::Moved => Look::Moved,
            Published::RootHeld(mut file) => {
                // It stays open: to close it would wake all other waits, each of which would do the same.
                file.give_back()?;
                file.keep(true);
                self.keep();
                self.target = Some(Target { file, watched, looks });
                Look::RootHeld
            }
        })
    }

    /// Lets the root's descriptor outlive the call.
    pub(super) fn keep(&self) {
        self.path.keep_root(true);
    }

    /// Sees to it that events of this file reach us, if that is possible.
    fn watch(&mut self, file: &mut LockedFile) -> Result<bool, Fault> {
        file.identity()?;
        if file.is_shared() {
            return Ok(false);
        }
        // The open file itself, which a chdir or a rename does not change.
        let link = file.link();
        if let Some(watcher) = &mut self.watcher {
            return Ok(watcher.watch(&link).is_ok());
        }
        self.watcher = Watcher::new(&link).ok();
        Ok(self.watcher.is_some())
    }

    /// Whether something happened to the file.
    pub(super) fn hear(&self) -> bool {
        self.watcher.as_ref().is_some_and(Watcher::hear)
    }

    /// Reads who holds the lock. True: another one than at the last look. A record that has become
    /// blank is a new holder's who has not written yet, and is not to be disturbed in that.
    fn meet_holder(&mut self, file: &LockedFile, size: u64) -> Result<bool, Fault> {
        let record = file.content(size)?.record();
        let Some(holder) = record.filter(|holder| !is_of_another(holder, file)) else {
            return Ok(std::mem::take(&mut self.named));
        };
        self.named = true;
        if self.holder.as_ref() == Some(&holder) {
            return Ok(false);
        }
        let is_new = self.holder.is_some();
        self.holder_process = holder.seen().number_here().and_then(|number| event::open_process(number).ok());
        self.holder = Some(holder);
        Ok(is_new)
    }

    /// A process that has ended while its lock is still held left it to another: its descriptor would
    /// stay readable.
    fn forget_ended_process(&mut self) {
        if self.holder_process.as_ref().is_some_and(|process| event::is_readable(process.as_fd())) {
            self.holder_process = None;
        }
    }

    /// Decides when to look again: after an event soon and then ever later, from that place in the
    /// list on; after the list only for safety, if an event will tell of the lock's end. A look that was
    /// not due, because an event loop steps as it likes, uses up no place in the list.
    fn plan(&mut self, event: Option<usize>, event_at_end: bool) {
        let now = clock::monotonic();
        let Some(target) = &mut self.target else {
            self.next_look = now + polling_pause(self.vacant_looks);
            self.vacant_looks += 1;
            return;
        };
        let due = event.is_some() || now >= self.next_look;
        target.looks = event.unwrap_or(target.looks);
        let listed = if target.watched { AFTER_EVENT.len() } else { 0 };
        let pause = match target.looks.checked_sub(listed) {
            None => Duration::from_micros(AFTER_EVENT[target.looks]),
            Some(_) if target.watched && event_at_end => BACK_STOP,
            Some(looks) => polling_pause(looks),
        };
        if due {
            target.looks += 1;
            self.next_look = now + pause;
        } else {
            self.next_look = self.next_look.min(now + pause);
        }
    }

    pub(super) fn time_to_sleep(&self) -> Duration {
        let end = self.deadline.map_or(self.next_look, |deadline| deadline.min(self.next_look));
        end.saturating_sub(clock::monotonic())
    }

    /// Sleeps until there is a reason to look. True: because of an event.
    fn sleep(&self) -> Result<bool, Fault> {
        loop {
            let time = self.time_to_sleep();
            let sources = [
                self.watcher.as_ref().map(Watcher::queue),
                self.watcher.as_ref().map(Watcher::bell),
                self.cancel.as_ref().and_then(CancelToken::source),
                self.holder_process.as_ref().map(Descriptor::as_fd),
            ];
            let [queue, bell, cancel, process] =
                event::sleep(sources, time).map_err(|error| match error.raw_os_error() {
                    Some(libc::EINTR) => Box::new(LockError::Interrupted { path: self.path.to_owned() }),
                    _ => self.path.failed("wait for", error),
                })?;
            let woken = queue || bell;
            let heard = woken && self.hear();
            // All that woke it may have been events of other waits.
            if heard || !woken || cancel || process || time.is_zero() {
                return Ok(heard);
            }
        }
    }
}

#[cfg(all(test, linux))]
mod tests {
    use super::*;

    #[test]
    fn looks_often_only_where_events_are_missing() {
        let root = tempfile::tempdir().unwrap();
        let guard = crate::LoopLock::try_acquire(root.path(), "holds").unwrap();
        let mut wait = Wait::new(root.path(), "waits", &AcquireOptions::new()).unwrap();
        wait.resolve().unwrap();
        for _ in 0..=AFTER_EVENT.len() {
            wait.next_look = clock::monotonic();
            assert!(wait.step(false).unwrap().is_none());
        }
        // Other programs can have used up inotify at this moment.
        assert!(!wait.target.as_ref().unwrap().watched || wait.time_to_sleep() > BACK_STOP / 2);
        wait.target.as_mut().unwrap().watched = false;
        for _ in 0..20 {
            assert!(wait.step(false).unwrap().is_none());
            assert!(wait.time_to_sleep() <= POLLING[1]);
        }
        drop(guard);
        assert!(wait.step(false).unwrap().is_some());
    }

    #[test]
    fn a_look_too_early_uses_up_nothing() {
        let root = tempfile::tempdir().unwrap();
        let _guard = crate::LoopLock::try_acquire(root.path(), "holds").unwrap();
        let mut wait = Wait::new(root.path(), "waits", &AcquireOptions::new()).unwrap();
        wait.resolve().unwrap();
        assert!(wait.step(true).unwrap().is_none());
        for _ in 0..100 {
            // However long this takes, the look is not due.
            let planned = clock::monotonic() + BACK_STOP;
            wait.next_look = planned;
            assert!(wait.step(false).unwrap().is_none());
            assert_eq!(wait.target.as_ref().unwrap().looks, 1);
            assert!(wait.next_look < planned);
        }
    }
}
