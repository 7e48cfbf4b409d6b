//! The waits of this process for one lock stand in line, in the order of their first steps. Only the first one acts: it
//! has the lock file open, watches it and tries. So a release wakes one wait, however many there are.
//!
//! - A wait that ends, for whatever reason, rings the next one, which looks at once.
//! - A first wait that does not step delays the others by a second at most: then an alarm makes all of them readable,
//!   and the first of them that steps acts from then on. The wait that was passed over delays no other again, unless it
//!   steps.
//! - A wait whose timeout has expired looks by itself, wherever it stands.
//! - A wait's answer depends only on its own look at the lock. The line decides when it looks, and does not concern
//!   other processes.
//! - A line is identified by the root directory and the lock file's path below it. A file with two paths, as with hard
//!   links, can have two lines, each with a wait that acts.
//! - A forked child has no lines at first: it makes its own, and leaves those of its parent alone.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::lock::LockPath;
use crate::record::Holder;
use crate::sys::clock;
use crate::sys::event::{self, Bell, Seat, Set, Sources};
use crate::sys::file::FileId;
use crate::sys::process::{self, PerProcess};
use crate::sys::watch::Watcher;

/// How long until the next look without an event.
pub(super) const BACK_STOP: Duration = Duration::from_secs(1);

/// The same for a wait with others behind it: well before the alarm, which tells them that it does not step.
pub(super) const PULSE: Duration = Duration::from_millis(600);

/// A step puts the alarm off only if it is due within this time: there can be many timers to set.
const PUT_OFF: Duration = Duration::from_millis(900);

type Key = (FileId, PathBuf);
type Lines = Arc<Mutex<BTreeMap<Key, Arc<Line>>>>;

static LINES: PerProcess<Lines> = PerProcess::new();

fn lines() -> Lines {
    LINES.get(Lines::default, |_| true).into_owned()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Line {
    key: Key,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By number, in the order of their first steps.
    waits: BTreeMap<u64, Standing>,
    newest: u64,
    /// The number of the wait that acts, or was rung to act.
    first: u64,
    /// When the first wait is passed over if it does not step, by CLOCK_MONOTONIC.
    alarm: Duration,
    /// The timers that expire then; made when a second wait joins.
    alarms: Option<Arc<Sources>>,
    /// The root, for waits that do not act and have closed theirs.
    root: Option<LockPath>,
    /// Passed from a wait that acts to the next one, so that no event is missed in between.
    watcher: Option<Watcher>,
    /// The lock's holder, as the last wait that acted saw it.
    holder: Option<Arc<Holder>>,
}

#[derive(Debug)]
struct Standing {
    bell: Bell,
    /// Whether it has not stepped since it was passed over: it delays no wait again.
    is_asleep: bool,
}

/// A wait's place in its line. Dropping it leaves the line.
#[derive(Debug)]
pub(super) struct Place {
    line: Arc<Line>,
    number: u64,
    alarm: Option<Seat>,
    owner: u32,
}

/// What a step does.
pub(super) enum Turn {
    /// Look at the lock. `others`: other waits are in line. `watcher`: left by the wait that acted before.
    Act { others: bool, watcher: Option<Watcher> },
    /// Continue to sleep.
    Wait,
}

/// Whether other waits of this process wait for the lock at that path.
pub(super) fn is_waited_for(path: &LockPath) -> bool {
    path.place().is_some_and(|key| locked(&lines()).contains_key(&key))
}

impl Place {
    /// Takes the last place in the line for that lock. The path's root must be open. None: its identity is unknown.
    pub(super) fn join(path: &LockPath, set: &Set) -> io::Result<Option<Place>> {
        let Some(key) = path.place() else {
            return Ok(None);
        };
        let lines = lines();
        let mut lines = locked(&lines);
        let line = lines
            .entry(key)
            .or_insert_with_key(|key| Arc::new(Line { key: key.clone(), state: Mutex::default() }))
            .clone();
        let mut state = locked(&line.state);
        let alarm = if state.waits.is_empty() { None } else { Some(state.seat(set)?) };
        state.newest += 1;
        let number = state.newest;
        if alarm.is_none() {
            state.first = number;
        }
        state.waits.insert(number, Standing { bell: set.bell(), is_asleep: false });
        drop(state);
        Ok(Some(Place { line, number, alarm, owner: process::instance() }))
    }

    /// Whether this wait is the one that acts now.
    pub(super) fn turn(&self) -> Turn {
        let now = clock::monotonic();
        let mut state = locked(&self.line.state);
        let others = state.waits.len() > 1;
        if let Some(own) = state.waits.get_mut(&self.number) {
            own.is_asleep = false;
        }
        if state.first < self.number {
            if now < state.alarm && !state.waits.get(&state.first).is_some_and(|first| first.is_asleep) {
                return Turn::Wait;
            }
            // If one of the waits before this one steps, it acts again.
            for (_, passed) in state.waits.range_mut(..self.number) {
                passed.is_asleep = true;
                passed.bell.ring();
            }
        }
        state.first = self.number;
        if others {
            state.put_off(now);
        }
        Turn::Act { others, watcher: state.watcher.take() }
    }

    /// For a wait that does not act: leaves its root to the line, and returns the lock's holder.
    pub(super) fn stand_by(&self, path: &LockPath) -> Option<Arc<Holder>> {
        let mut state = locked(&self.line.state);
        // The program may have closed the root that an earlier wait left.
        let has_root = state.root.as_ref().is_some_and(LockPath::root_is_same);
        if !has_root && path.root_identity().is_some() {
            path.keep_root(true);
            state.root = Some(path.clone());
        }
        state.holder.clone()
    }

    /// The root that another wait left to the line.
    pub(super) fn root(&self) -> Option<LockPath> {
        locked(&self.line.state).root.clone()
    }

    /// Tells the other waits the lock's holder.
    pub(super) fn report(&self, holder: Option<&Arc<Holder>>) {
        locked(&self.line.state).holder = holder.cloned();
    }

    /// Leaves the line, and leaves the watcher to the next wait, if there is one.
    pub(super) fn leave(self, set: &Set, watcher: Option<Watcher>) {
        if let Some(alarm) = &self.alarm {
            set.remove(alarm.as_fd());
        }
        let mut state = locked(&self.line.state);
        if state.waits.len() > 1 && state.first == self.number && watcher.is_some() {
            state.watcher = watcher;
            return;
        }
        drop(state);
        drop(watcher);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.owner != process::instance() {
            // Another thread of the parent may have been changing the line: leave it as it is, and never drop it.
            std::mem::forget(self.line.clone());
            return;
        }
        let mut state = locked(&self.line.state);
        state.leave(self.number);
        let is_over = state.waits.is_empty();
        drop(state);
        if is_over {
            let lines = lines();
            let mut lines = locked(&lines);
            // Another wait may have joined meanwhile, or joined and left: then the key may be that of a newer line.
            let is_this = lines.get(&self.line.key).is_some_and(|line| Arc::ptr_eq(line, &self.line));
            if is_this && locked(&self.line.state).waits.is_empty() {
                lines.remove(&self.line.key);
            }
        }
    }
}

impl State {
    /// A seat at the alarm for one more wait.
    fn seat(&mut self, set: &Set) -> io::Result<Seat> {
        let now = clock::monotonic();
        let alarms = match &self.alarms {
            Some(alarms) => alarms.clone(),
            None => self.alarms.insert(Arc::new(Sources::timers()?)).clone(),
        };
        let seat = alarms.seat()?;
        if self.waits.len() == 1 {
            self.alarm = now + BACK_STOP;
            // The first wait may be asleep for as long as if it were alone.
            self.waits.values().for_each(|first| first.bell.ring());
        }
        event::set_timer(seat.as_fd(), self.alarm.saturating_sub(now))?;
        set.add(seat.as_fd())?;
        Ok(seat)
    }

    /// Puts the alarm off.
    fn put_off(&mut self, now: Duration) {
        if self.alarm > now + PUT_OFF {
            return;
        }
        self.alarm = now + BACK_STOP;
        if let Some(alarms) = &self.alarms {
            alarms.set(BACK_STOP);
        }
    }

    /// Removes a wait. If it was the first, the next one that was not passed over is the first now; if all were, the
    /// next one.
    fn leave(&mut self, number: u64) {
        self.waits.remove(&number);
        if self.first != number {
            return;
        }
        let behind = self.waits.range(number..).chain(self.waits.range(..number));
        let next = behind.clone().find(|(_, wait)| !wait.is_asleep).or_else(|| behind.clone().next());
        if let Some((next, wait)) = next {
            wait.bell.ring();
            self.first = *next;
            self.put_off(clock::monotonic());
        }
    }
}
