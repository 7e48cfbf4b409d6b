//! The wait for event loops: one descriptor to poll, a step that never blocks.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

use super::cancel::{CancelToken, Seat};
use super::options::AcquireOptions;
use super::state::Wait;
use crate::error::{Fault, LockError};
use crate::lock::LockGuard;
use crate::record::Holder;
use crate::sys::descriptor::Descriptor;
use crate::sys::event;

/// A wait that an event loop does: poll the descriptor, and step whenever it is readable.
#[derive(Debug)]
pub struct Waiter {
    /// Before the wait, so that it is closed first: a source leaves a set when either is closed.
    set: Descriptor,
    timer: Descriptor,
    _cancel: Option<Seat>,
    /// Whether the set has what tells of events.
    hears: bool,
    /// Whether a step has ended the wait.
    over: bool,
    wait: Wait,
}

impl Waiter {
    /// Begins a wait; the time to wait counts from here. Step once before the first poll.
    pub fn new(workspace_root: impl AsRef<Path>, prompt: &str, options: &AcquireOptions) -> Result<Waiter, LockError> {
        Ok(Waiter::begin(workspace_root.as_ref(), prompt, options)?)
    }

    pub(crate) fn begin(root: &Path, prompt: &str, options: &AcquireOptions) -> Result<Waiter, Fault> {
        let wait = Wait::new(root, prompt, options)?;
        let failed = |error: std::io::Error| match error.raw_os_error() {
            Some(libc::ENOSYS) => Box::new(LockError::UnsupportedPlatform),
            _ => wait.path.failed("wait for", error),
        };
        let (set, timer) = (event::new_set().map_err(failed)?, event::new_timer().map_err(failed)?);
        let cancel = wait.cancel.as_ref().map_or(Ok(None), CancelToken::seat).map_err(failed)?;
        for source in [Some(timer.as_fd()), cancel.as_ref().and_then(Seat::source)].into_iter().flatten() {
            event::add(set.as_fd(), source).map_err(failed)?;
        }
        // Readable at once: the first step is due.
        event::set_timer(timer.as_fd(), Duration::ZERO).map_err(failed)?;
        // Once for the whole wait, whatever becomes of the path meanwhile.
        wait.resolve()?;
        wait.keep();
        Ok(Waiter { set, timer, _cancel: cancel, hears: false, over: false, wait })
    }

    /// Looks whether the lock can be had, without ever blocking. None: not yet. How it can end
    /// otherwise is what [`crate::LoopLock::acquire_with`] says; then the wait is over.
    pub fn step(&mut self) -> Result<Option<LockGuard>, LockError> {
        Ok(self.try_now()?)
    }

    pub(crate) fn try_now(&mut self) -> Result<Option<LockGuard>, Fault> {
        if self.over {
            return Err(LockError::invalid("this wait is over; begin another one"));
        }
        // The step may close it. That alone leaves it in the set when a forked child has a copy.
        if let Some(process) = &self.wait.holder_process {
            event::remove(self.set.as_fd(), process.as_fd());
        }
        let event = self.wait.hear();
        self.over = true;
        let result = self.wait.step(event)?;
        if result.is_none() {
            self.arm().map_err(|error| self.wait.path.failed("wait for", error))?;
            self.over = false;
        }
        Ok(result)
    }

    /// Who held the lock at the last look, where that is known.
    pub fn holder(&self) -> Option<&Holder> {
        self.wait.holder.as_deref()
    }

    /// The lock file that it waits for.
    pub fn lock_path(&self) -> &Path {
        self.wait.path.as_path()
    }

    /// What a step without result means to a caller that wants to know the holder.
    pub(crate) fn not_yet(&self) -> Fault {
        let holder = self.wait.holder.clone();
        Box::new(LockError::AlreadyLocked { path: self.wait.path.to_owned(), holder, root: None })
    }

    pub(crate) fn raw_fd(&self) -> i32 {
        self.set.as_raw_fd()
    }

    fn arm(&mut self) -> std::io::Result<()> {
        let set = self.set.as_fd();
        if let (false, Some(watcher)) = (self.hears, &self.wait.watcher) {
            event::add(set, watcher.queue())?;
            event::add(set, watcher.bell())?;
            self.hears = true;
        }
        if let Some(process) = &self.wait.holder_process {
            event::add(set, process.as_fd())?;
        }
        event::set_timer(self.timer.as_fd(), self.wait.time_to_sleep())
    }
}

impl AsFd for Waiter {
    /// Readable when it is worth a step.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.set.as_fd()
    }
}
