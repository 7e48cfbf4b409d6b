//! What a wait does when it is its turn in line, and when it is not.

use std::os::fd::AsFd;
use std::sync::Arc;

use super::cancel::CancelToken;
use super::line::{Place, Turn};
use super::state::Wait;
use crate::error::Fault;
use crate::sys::event::Set;
use crate::sys::watch::Watcher;

impl Wait {
    /// Gives the wait the set that it sleeps on. It gets in line with the next step.
    pub(super) fn line_up(&mut self, set: Arc<Set>) -> std::io::Result<()> {
        self.cancel_seat = self.cancel.as_ref().map_or(Ok(None), CancelToken::seat)?;
        if let Some(seat) = &self.cancel_seat {
            set.add(seat.as_fd())?;
        }
        self.set = Some(set);
        Ok(())
    }

    /// Determines whether this wait acts. True: the wait that acted before it has left an event.
    pub(super) fn take_turn(&mut self) -> bool {
        let Some(set) = &self.set else {
            return false;
        };
        set.silence();
        if self.place.is_none() {
            // Without a place in the line it acts by itself, and tries to join again at the next step.
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
    pub(super) fn stand_back(&mut self) {
        if self.acts {
            self.acts = false;
            drop(self.take_watcher());
            self.target = None;
            self.holder_process = None;
            self.path = self.path.without_root();
        }
    }

    /// Opens the root again, if it was left to the line.
    pub(super) fn find_root(&mut self) -> Result<(), Fault> {
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

    pub(super) fn closed(&self) -> Fault {
        self.path.root_failed("wait in", std::io::Error::from_raw_os_error(libc::EBADF))
    }

    /// Takes the watcher out of the wait and its set.
    pub(super) fn take_watcher(&mut self) -> Option<Watcher> {
        let watcher = self.watcher.take()?;
        if let Some(set) = self.set.as_ref().filter(|_| std::mem::take(&mut self.hears)) {
            set.remove(watcher.queue());
            set.remove(watcher.bell());
        }
        Some(watcher)
    }

    /// Stops watching until the next look: unlocking the file, which was free, would wake this wait and all others.
    pub(super) fn stop_watching(&mut self) {
        drop(self.take_watcher());
        if let Some(target) = &mut self.target {
            target.watched = None;
        }
    }

    /// Leaves the line and lets the next wait act.
    pub(super) fn leave_line(&mut self) {
        let watcher = self.take_watcher();
        if let (Some(place), Some(set)) = (self.place.take(), &self.set) {
            place.leave(set, watcher);
        }
    }
}
