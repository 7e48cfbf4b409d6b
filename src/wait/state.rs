//! Waits for the lock with a deadline and a cancel token, without polling where the kernel reports events. A state
//! machine, `Wait`, tries for the lock whenever there is a reason and it is the first in line (`line.rs`). In between,
//! `acquire_with` puts it to sleep; with `Waiter`, an event loop does.
//!
//! What the kernel does, and what the waits do about it:
//! - A release between a refused try and the watch would be missed: so watch first, then try.
//! - When a holder closes the file or dies, the event comes just before the lock is dropped: so a try that is refused
//!   after an event is repeated a few times within 4 ms.
//! - Another program may unlock the file without closing it, which is no event: so look once a second in any case.
//! - No event reports that the root was unlocked: while the root is locked and the lock file is free, look every 1 to
//!   50 ms. Each look unlocks the file again, because the root's holder may be about to restore it.

use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::cancel::CancelToken;
use super::line::Place;
use super::options::AcquireOptions;
use super::pauses::{AFTER_CHANGE, AFTER_EVENT, AT_FIRST};
use crate::error::{Fault, LockError};
use crate::lock::{Budget, LockGuard, LockPath, LockedFile, Published, START_OVERS, is_of_another};
use crate::record::{Holder, Record};
use crate::sys::clock;
use crate::sys::descriptor::Descriptor;
use crate::sys::event::{self, Seat, Set};
use crate::sys::process;
use crate::sys::watch::{self, Watcher};

/// The state machine.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) path: LockPath,
    pub(super) record: Record<'static>,
    pub(super) deadline: Option<Duration>,
    pub(super) cancel: Option<CancelToken>,
    pub(super) owner: u32,
    /// Before the set, which the others in line ring.
    pub(super) place: Option<Place>,
    /// Readable once the wait is cancelled or rung. None where the system has none, or no descriptor is left.
    pub(super) set: Option<Arc<Set>>,
    pub(super) cancel_seat: Option<Seat>,
    /// Whether the watcher is in the set.
    pub(super) hears: bool,
    /// Whether this wait is the one of its line that looks at the lock.
    pub(super) acts: bool,
    /// Whether other waits are in its line.
    pub(super) has_others: bool,
    /// Kept when the target changes. None where the system reports no changes, or no inotify instance is left. Before
    /// the target, so that it is dropped first: closing the file is an event.
    pub(super) watcher: Option<Watcher>,
    /// The file waited for, once it is open.
    pub(super) target: Option<Target>,
    pub(super) holder: Option<Arc<Holder>>,
    /// Whether there was a record at the last look.
    pub(super) named: bool,
    /// Readable once the holder's process has ended.
    pub(super) holder_process: Option<Descriptor>,
    pub(super) next_look: Duration,
    /// How many looks in a row have found the root locked and no lock file.
    pub(super) vacant_looks: usize,
}

#[derive(Debug)]
pub(super) struct Target {
    pub(super) file: LockedFile,
    /// Whether events of this file are reported to this wait. If not, it polls. None: not tried yet.
    pub(super) watched: Option<bool>,
    /// How many looks there were since the last event, or since the beginning.
    pub(super) looks: usize,
}

/// What one look at the lock finds.
enum Look {
    Taken(LockGuard),
    /// The file is no longer at its path.
    Moved,
    /// Another process has it. `new`: it is not the holder of the last look.
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

    /// Resolves the root, once for the whole wait.
    pub(super) fn resolve(&self) -> Result<(), Fault> {
        self.path.resolve()
    }

    /// Tries to take the lock, if it is this wait's turn, and decides when to look again. `event`: an event is the
    /// reason for the step.
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
        // Between two steps the program may have closed the library's descriptors.
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
                    // No event may report that a prober, or the holder of the root, has unlocked.
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

    /// Refuses a forked child, which shares the set with its parent.
    pub(super) fn check_owner(&self) -> Result<(), Fault> {
        if self.owner == process::instance() {
            return Ok(());
        }
        Err(LockError::invalid("the wait belongs to the process that this one was forked from"))
    }

    pub(super) fn check_cancel(&mut self) -> Result<(), Fault> {
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

    /// The holder at the last look, for an error.
    pub(super) fn last_holder(&self) -> Option<Box<Holder>> {
        self.holder.as_ref().map(|holder| Box::new(Holder::clone(holder)))
    }

    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| clock::monotonic() >= deadline)
    }

    fn look(&mut self, event: bool) -> Result<Look, Fault> {
        if self.target.is_none() {
            let Some(file) = LockedFile::open_to_wait(&self.path)? else {
                return Ok(Look::RootHeld);
            };
            self.vacant_looks = 0;
            self.target = Some(Target { file, watched: None, looks: 0 });
        }
        // Most locks are free, and a watch of the file does not report the root: try before setting it up.
        if let Some(mut target) = self.target.take_if(|target| target.watched.is_none()) {
            if target.file.try_exclusive()? {
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
        // After one event the waits of all processes are here, and delay each other: within the list only try the lock;
        // at both its ends, and at the end of the wait, also read the holder and check the path.
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
                // It stays open: closing it would wake all other waits, each of which would do the same.
                file.give_back()?;
                file.keep(true);
                self.keep();
                self.target = Some(Target { file, watched, looks });
                Look::RootHeld
            }
        })
    }

    /// Keeps the root's descriptor until the next call.
    pub(super) fn keep(&self) {
        self.path.keep_root(true);
    }

    /// Watches the file, if that is possible, and keeps it for the next step.
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

    /// Reads which process holds the lock. True: another one than at the last look. A record that has become blank
    /// means a new holder that has not written its record yet.
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

    /// Forgets a process that has ended while its lock is still held by another one: its descriptor would stay
    /// readable.
    fn forget_ended_process(&mut self) {
        if self.holder_process.as_ref().is_some_and(|process| event::is_readable(process.as_fd())) {
            self.holder_process = None;
        }
    }
}
