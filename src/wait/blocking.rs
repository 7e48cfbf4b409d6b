//! Waits in the calling thread.

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use super::line;
use super::options::AcquireOptions;
use super::pauses::FAR;
use super::state::Wait;
use crate::error::{Fault, LockError};
use crate::lock::{LockGuard, acquire_in_queue, acquire_now};
use crate::sys::descriptor::Descriptor;
use crate::sys::event::{self, Set};
use crate::sys::watch::Watcher;

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
    // Most locks are free: try once before getting in line, unless other waits are in it.
    if !line::is_waited_for(&wait.path) {
        if let Some(guard) = wait.step(false)? {
            return Ok(guard);
        }
    }
    // If there is no descriptor left, the wait polls.
    let _ = Set::new().and_then(|set| wait.line_up(Arc::new(set)));
    let mut event = false;
    loop {
        if let Some(guard) = wait.step(event)? {
            return Ok(guard);
        }
        event = wait.sleep()?;
    }
}

impl Wait {
    /// Sleeps until there is a reason to step. True: an event of the file is the reason.
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
            // It may have been woken only by events of other waits.
            if heard || !woken || set || process || time.is_zero() {
                return Ok(heard);
            }
        }
    }
}
