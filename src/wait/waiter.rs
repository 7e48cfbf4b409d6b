//! A wait for event loops: one descriptor to poll, and a step that does not wait.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

use super::options::AcquireOptions;
use super::pauses::FAR;
use super::state::Wait;
use crate::error::{Fault, LockError};
use crate::lock::LockGuard;
use crate::record::Holder;
use crate::sys::descriptor::Descriptor;
use crate::sys::event::{self, Set};

/// A wait in an event loop: poll its descriptor, and step when it is readable.
#[derive(Debug)]
pub struct Waiter {
    /// Before the timer, so that it is closed first: a source leaves a set when either is closed.
    wait: Wait,
    set: Arc<Set>,
    /// None until a step is due at a time.
    timer: Option<Descriptor>,
    /// Whether a step has ended the wait.
    over: bool,
}

impl Waiter {
    /// Begins a wait. The timeout starts here. The descriptor is readable for the first step.
    pub fn new(workspace_root: impl AsRef<Path>, prompt: &str, options: &AcquireOptions) -> Result<Waiter, LockError> {
        Ok(Waiter::begin(workspace_root.as_ref(), prompt, options)?)
    }

    pub(crate) fn begin(root: &Path, prompt: &str, options: &AcquireOptions) -> Result<Waiter, Fault> {
        let mut wait = Wait::new(root, prompt, options)?;
        let begun = Waiter::sources(&mut wait, options.timeout.is_some());
        let (set, timer) = begun.map_err(|error| not_armed(&wait, error))?;
        // Once for the whole wait, even if a directory is renamed meanwhile.
        wait.resolve()?;
        wait.keep();
        Ok(Waiter { wait, set, timer, over: false })
    }

    /// The set, which is readable at once because the first step is due, and a timer for the deadline.
    fn sources(wait: &mut Wait, has_deadline: bool) -> std::io::Result<(Arc<Set>, Option<Descriptor>)> {
        let set = Arc::new(Set::new()?);
        let timer = has_deadline.then(|| new_timer(&set)).transpose()?;
        wait.line_up(set.clone())?;
        Ok((set, timer))
    }

    /// Takes the lock if it is free, and does not wait for it. None: not yet, poll again. After any other result the
    /// wait is over. The errors are those of [`crate::LoopLock::acquire_with`].
    pub fn step(&mut self) -> Result<Option<LockGuard>, LockError> {
        Ok(self.try_now()?)
    }

    pub(crate) fn try_now(&mut self) -> Result<Option<LockGuard>, Fault> {
        if self.over {
            return Err(LockError::invalid("this wait is over; begin another one"));
        }
        self.wait.check_owner()?;
        // The step may close it. Closing alone leaves it in the set if a forked child has a copy.
        if let Some(process) = &self.wait.holder_process {
            self.set.remove(process.as_fd());
        }
        let event = self.wait.hear();
        self.over = true;
        let result = self.wait.step(event)?;
        if result.is_none() {
            if let Err(error) = self.arm() {
                self.wait.leave_line();
                return Err(not_armed(&self.wait, error));
            }
            self.over = false;
        }
        Ok(result)
    }

    /// The holder at the last look, if known.
    pub fn holder(&self) -> Option<&Holder> {
        self.wait.holder.as_deref()
    }

    /// The lock file that it waits for.
    pub fn lock_path(&self) -> &Path {
        self.wait.path.as_path()
    }

    /// The error for a step without a result: it names the holder.
    pub(crate) fn not_yet(&self) -> Fault {
        let holder = self.wait.last_holder();
        Box::new(LockError::AlreadyLocked { path: self.wait.path.to_owned(), holder, root: None })
    }

    pub(crate) fn raw_fd(&self) -> i32 {
        self.set.as_fd().as_raw_fd()
    }

    fn arm(&mut self) -> std::io::Result<()> {
        if let (false, Some(watcher)) = (self.wait.hears, &self.wait.watcher) {
            self.set.add(watcher.queue())?;
            self.set.add(watcher.bell())?;
            self.wait.hears = true;
        }
        if let Some(process) = &self.wait.holder_process {
            self.set.add(process.as_fd())?;
        }
        let time = self.wait.time_to_sleep();
        if self.timer.is_none() && time.is_some() {
            self.timer = Some(new_timer(&self.set)?);
        }
        self.timer.as_ref().map_or(Ok(()), |timer| event::set_timer(timer.as_fd(), time.unwrap_or(FAR)))?;
        self.set.settle();
        Ok(())
    }
}

/// ENOSYS here means that the platform lacks a call, not the file system.
fn not_armed(wait: &Wait, error: std::io::Error) -> Fault {
    match error.raw_os_error() {
        Some(libc::ENOSYS) => Box::new(LockError::UnsupportedPlatform),
        _ => wait.path.failed("wait for", error),
    }
}

fn new_timer(set: &Set) -> std::io::Result<Descriptor> {
    let timer = event::new_timer()?;
    set.add(timer.as_fd())?;
    Ok(timer)
}

impl AsFd for Waiter {
    /// Readable when a step is worthwhile.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.set.as_fd()
    }
}
