//! Waiting for the lock with a deadline and a cancel token, without polling where the kernel tells
//! what happens. One state machine, `Wait`, tries whenever there is a reason to and it is the first in line (`line.rs`);
//! `acquire_with` puts it to sleep in between, and `Waiter` lets an event loop do that.
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
use std::sync::Arc;
use std::time::Duration;

use super::cancel::CancelToken;
use super::line::{self, BACK_STOP, PULSE, Place, Turn};
use super::options::AcquireOptions;
use crate::error::{Fault, LockError};
use crate::lock::{
    Budget, LockGuard, LockPath, LockedFile, Published, START_OVERS, acquire_in_queue, acquire_now, is_of_another, vary,
};
use crate::record::{Holder, Record};
use crate::sys::clock;
use crate::sys::descriptor::Descriptor;
use crate::sys::event::{self, Seat, Set};
use crate::sys::process;
use crate::sys::watch::{self, Watcher};

/// When to look again, in microseconds, after an event that found the lock still taken.
const AFTER_EVENT: [u64; 7] = [20, 50, 100, 200, 500, 1000, 2000];

/// Where in that list to begin when a new holder has it: the event is likely to be explained by that,
/// and the next one to be heard. One look is for an event that was about the new holder's end.
const AFTER_CHANGE: usize = AFTER_EVENT.len() - 1;

/// Where to begin when the wait does: the only event to reckon with is one just before the watch.
const AT_FIRST: usize = AFTER_EVENT.len() - 3;

/// How long a wait sleeps that nothing but its end or another wait wakes.
pub(super) const FAR: Duration = Duration::from_secs(24 * 60 * 60);

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
    // Most locks are free: it gets in line once it is refused, or behind others.
    if !line::is_waited_for(&wait.path) {
        if let Some(guard) = wait.step(false)? {
            return Ok(guard);
        }
    }
    // Without a descriptor for that it looks again and again, by itself.
    let _ = Set::new().and_then(|set| wait.line_up(Arc::new(set)));
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
    cancel: Option<CancelToken>,
    owner: u32,
    /// Before the set, which the others in line ring.
    place: Option<Place>,
    /// Readable once the wait is cancelled, or rung. None where there is no such thing, or no descriptor left.
    set: Option<Arc<Set>>,
    cancel_seat: Option<Seat>,
    /// Whether the set has what tells of events.
    pub(super) hears: bool,
    /// Whether this wait is the one of its line that looks at the lock.
    pub(super) acts: bool,
    /// Whether it acts for others too.
    has_others: bool,
    /// Kept when the target changes. None where there is no inotify, or no more of it. Before the target,
    /// so that it is dropped first: to close the file is a change of it.
    pub(super) watcher: Option<Watcher>,
    /// The file waited for, once it is open.
    target: Option<Target>,
    pub(super) holder: Option<Arc<Holder>>,
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
    /// Whether events of this file reach us. If not, look again and again. None: that has not been tried.
    watched: Option<bool>,
    /// How many times we looked since the last event, or since the beginning.
    looks: usize,
}

impl Target {
    fn is_watched(&self) -> bool {
        self.watched == Some(true)
    }

    /// Whether the next look is neither the first nor the last of those that follow an event.
    fn is_within_list(&self) -> bool {
        self.is_watched() && (1..AFTER_EVENT.len()).contains(&self.looks)
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
            owner: process::instance(),
            place: None,
            set: None,
            cancel_seat: None,
            hears: false,
            // Until it gets in line.
            acts: true,
            has_others: false,
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

    /// Gives the wait what it sleeps on; with the next step it gets in line.
    pub(super) fn line_up(&mut self, set: Arc<Set>) -> std::io::Result<()> {
        self.cancel_seat = self.cancel.as_ref().map_or(Ok(None), CancelToken::seat)?;
        if let Some(seat) = &self.cancel_seat {
            set.add(seat.as_fd())?;
        }
        self.set = Some(set);
        Ok(())
    }

    /// Tries to take the lock, if it is this wait's turn, and decides when to look again. `event`: because of one.
    pub(super) fn step(&mut self, event: bool) -> Result<Option<LockGuard>, Fault> {
        let stepped = self.advance(event);
        if !matches!(stepped, Ok(None)) {
            self.leave_line();
        }
        stepped
    }

    fn advance(&mut self, event: bool) -> Result<Option<LockGuard>, Fault> {
        self.check_cancel()?;
        let event = self.take_turn() || event;
        if !self.acts && !self.is_over() {
            return Ok(None);
        }
        self.find_root()?;
        // Between two steps the program may have closed what it has not opened.
        if !self.path.root_is_same() {
            return Err(self.closed());
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
                    if watch::HEARS_UNLOCK {
                        self.stop_watching();
                    }
                    self.plan(event.then_some(0), false);
                    return self.check_deadline();
                }
            }
        }
        Err(self.path.unsettled())
    }

    /// Finds out whether this wait acts. True: the one that did before it has left an event.
    fn take_turn(&mut self) -> bool {
        let Some(set) = &self.set else {
            return false;
        };
        set.silence();
        if self.place.is_none() {
            // One that has no room in the line acts by itself, and asks again at the next step.
            self.place = Place::join(&self.path, set).ok().flatten();
        }
        let Some(place) = &self.place else {
            return false;
        };
        match place.turn() {
            Turn::Act { others, watcher } => {
                self.acts = true;
                self.has_others = others;
                if self.watcher.is_none() && watcher.is_some() {
                    self.watcher = watcher;
                    return self.hear();
                }
            }
            Turn::Wait => {
                let holder = place.stand_by(&self.path);
                self.holder = holder.or(self.holder.take());
                self.stand_back();
            }
        }
        false
    }

    /// Closes what only the wait that acts needs.
    fn stand_back(&mut self) {
        if self.acts {
            self.acts = false;
            drop(self.take_watcher());
            self.target = None;
            self.holder_process = None;
            self.path = self.path.without_root();
        }
    }

    /// Opens the root again, where that was left to the line.
    fn find_root(&mut self) -> Result<(), Fault> {
        if self.path.root_identity().is_none() {
            if let Some(root) = self.place.as_ref().and_then(Place::root) {
                if !root.root_is_same() {
                    return Err(self.closed());
                }
                self.path = self.path.below_root_of(&root)?;
                self.keep();
            }
        }
        Ok(())
    }

    fn closed(&self) -> Fault {
        self.path.root_failed("wait in", std::io::Error::from_raw_os_error(libc::EBADF))
    }

    /// The watcher, which no longer wakes this wait.
    fn take_watcher(&mut self) -> Option<Watcher> {
        let watcher = self.watcher.take()?;
        if let Some(set) = self.set.as_ref().filter(|_| std::mem::take(&mut self.hears)) {
            set.remove(watcher.queue());
            set.remove(watcher.bell());
        }
        Some(watcher)
    }

    /// Until the next look: it gives back what it could take, and would wake itself and all others by that.
    fn stop_watching(&mut self) {
        drop(self.take_watcher());
        if let Some(target) = &mut self.target {
            target.watched = None;
        }
    }

    /// Lets the next wait act.
    pub(super) fn leave_line(&mut self) {
        let watcher = self.take_watcher();
        if let (Some(place), Some(set)) = (self.place.take(), &self.set) {
            place.leave(set, watcher);
        }
    }

    /// Refuses a forked child, which shares the set with its parent.
    pub(super) fn check_owner(&self) -> Result<(), Fault> {
        if self.owner == process::instance() {
            return Ok(());
        }
        Err(LockError::invalid("the wait belongs to the process that this one was forked from"))
    }

    fn check_cancel(&mut self) -> Result<(), Fault> {
        if !self.cancel.as_ref().is_some_and(CancelToken::is_triggered) {
            return Ok(());
        }
        Err(Box::new(LockError::Cancelled { path: self.path.to_owned(), holder: self.last_holder() }))
    }

    fn check_deadline(&mut self) -> Result<Option<LockGuard>, Fault> {
        if !self.is_over() {
            return Ok(None);
        }
        Err(Box::new(LockError::TimedOut { path: self.path.to_owned(), holder: self.last_holder() }))
    }

    /// Who had the lock at the last look, for an error.
    pub(super) fn last_holder(&self) -> Option<Box<Holder>> {
        self.holder.as_ref().map(|holder| Box::new(Holder::clone(holder)))
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
            let taken = file.try_exclusive()?;
            let target = Target { file, watched: None, looks: 0 };
            if taken {
                return self.publish(target);
            }
            self.target = Some(target);
        }
        if self.acts && self.set.is_some() {
            self.watch()?;
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

    /// Sees to it that events of the file reach us, if that is possible, and keeps it for the next step.
    fn watch(&mut self) -> Result<(), Fault> {
        let Some(target) = self.target.as_mut().filter(|target| target.watched.is_none()) else {
            return Ok(());
        };
        let file = &mut target.file;
        file.identity()?;
        let watched = match &mut self.watcher {
            _ if file.is_shared() => None,
            Some(watcher) => watcher.watch(file.fd()).ok(),
            None => {
                self.watcher = Watcher::new(file.fd()).ok();
                self.watcher.is_some().then_some(false)
            }
        };
        if let Some(watcher) = self.watcher.as_ref().filter(|_| watch::CLOSES_SLOWLY) {
            file.move_above(watcher.queue());
            self.path.move_root_above(watcher.queue().as_raw_fd());
            file.set_path(&self.path);
        }
        file.keep(true);
        target.watched = Some(watched.is_some());
        target.looks = match watched {
            // No event can have been missed.
            Some(true) => AFTER_EVENT.len(),
            Some(false) => AT_FIRST,
            None => 0,
        };
        self.next_look = clock::monotonic();
        self.keep();
        Ok(())
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
        if self.holder.as_deref() == Some(&*holder) {
            return Ok(false);
        }
        let is_new = self.holder.is_some();
        self.holder_process = holder.seen().number_here().and_then(|number| event::open_process(number).ok());
        self.holder = Some(Arc::from(holder));
        if let Some(place) = &self.place {
            place.report(self.holder.as_ref());
        }
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
        let listed = if target.is_watched() { AFTER_EVENT.len() } else { 0 };
        let pause = match target.looks.checked_sub(listed) {
            None => Duration::from_micros(AFTER_EVENT[target.looks]),
            Some(_) if target.is_watched() && event_at_end => {
                if self.has_others {
                    PULSE
                } else {
                    BACK_STOP
                }
            }
            Some(looks) => polling_pause(looks),
        };
        if due {
            target.looks += 1;
            self.next_look = now + pause;
        } else {
            self.next_look = self.next_look.min(now + pause);
        }
    }

    /// How long until this wait has to step. None: for as long as nothing wakes it.
    pub(super) fn time_to_sleep(&self) -> Option<Duration> {
        let look = self.acts.then_some(self.next_look);
        let end = self.deadline.into_iter().chain(look).min()?;
        Some(end.saturating_sub(clock::monotonic()))
    }

    /// Sleeps until there is a reason to step. True: because of an event.
    fn sleep(&self) -> Result<bool, Fault> {
        loop {
            let time = self.time_to_sleep().unwrap_or(FAR);
            let sources = [
                self.watcher.as_ref().map(Watcher::queue),
                self.watcher.as_ref().map(Watcher::bell),
                self.set.as_ref().map(|set| set.as_fd()),
                self.holder_process.as_ref().map(Descriptor::as_fd),
            ];
            let [queue, bell, set, process] =
                event::sleep(sources, time).map_err(|error| match error.raw_os_error() {
                    Some(libc::EINTR) => Box::new(LockError::Interrupted { path: self.path.to_owned() }),
                    _ => self.path.failed("wait for", error),
                })?;
            let woken = queue || bell;
            let heard = woken && self.hear();
            // All that woke it may have been events of other waits.
            if heard || !woken || set || process || time.is_zero() {
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
        wait.line_up(Arc::new(Set::new().unwrap())).unwrap();
        for _ in 0..=AFTER_EVENT.len() {
            wait.next_look = clock::monotonic();
            assert!(wait.step(false).unwrap().is_none());
        }
        // Other programs can have used up inotify at this moment.
        assert!(!wait.target.as_ref().unwrap().is_watched() || wait.time_to_sleep().unwrap() > BACK_STOP / 2);
        wait.target.as_mut().unwrap().watched = Some(false);
        for _ in 0..20 {
            assert!(wait.step(false).unwrap().is_none());
            assert!(wait.time_to_sleep().unwrap() <= POLLING[1]);
        }
        drop(guard);
        assert!(wait.step(false).unwrap().is_some());
    }

    #[test]
    fn a_wait_that_stopped_watching_watches_again_and_hears() {
        let root = tempfile::tempdir().unwrap();
        let guard = crate::LoopLock::try_acquire(root.path(), "holds").unwrap();
        let mut wait = Wait::new(root.path(), "waits", &AcquireOptions::new()).unwrap();
        wait.resolve().unwrap();
        wait.line_up(Arc::new(Set::new().unwrap())).unwrap();
        for _ in 0..3 {
            assert!(wait.step(false).unwrap().is_none());
            // Other programs can have used up inotify at this moment.
            assert_eq!(wait.watcher.is_some(), wait.target.as_ref().unwrap().is_watched());
            wait.stop_watching();
            assert!(wait.watcher.is_none() && !wait.target.as_ref().unwrap().is_watched());
        }
        assert!(wait.step(false).unwrap().is_none() && !wait.hear());
        let watches = wait.watcher.is_some();
        drop(guard);
        let heard = wait.hear();
        assert_eq!(heard, watches);
        assert!(wait.step(heard).unwrap().is_some() && wait.watcher.is_none());
    }

    #[test]
    fn a_look_too_early_uses_up_nothing() {
        let root = tempfile::tempdir().unwrap();
        let _guard = crate::LoopLock::try_acquire(root.path(), "holds").unwrap();
        let mut wait = Wait::new(root.path(), "waits", &AcquireOptions::new()).unwrap();
        wait.resolve().unwrap();
        wait.line_up(Arc::new(Set::new().unwrap())).unwrap();
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
