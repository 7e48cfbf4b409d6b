//! The lock of the workspace root.
//!
//! A holder of the workspace's own lock holds flock(2) on the root directory too, which `rm -rf .ralph` and
//! `git clean` do not remove: a process that creates a new lock file is refused by the directory's lock.

use super::backoff::{Budget, pause};
use super::path::LockPath;
use super::root::Root;
use crate::error::{Fault, LockError};
use crate::sys::flock;

/// The outcome of trying for the root's lock.
pub(crate) enum RootTry {
    /// None: this root cannot be locked, so the lock file alone protects it.
    Locked(Option<RootLock>),
    /// Another process has locked it.
    Held,
    /// The root is no longer at its path.
    Gone,
}

impl RootTry {
    pub(crate) fn is_held(&self) -> bool {
        matches!(self, RootTry::Held)
    }
}

/// A lock of a root. Dropping it unlocks the root.
#[derive(Debug)]
pub(crate) struct RootLock {
    path: LockPath,
    locked: bool,
}

impl RootLock {
    /// Probes with a shared lock, which an acquire tolerates, whether another process holds the root. While the shared
    /// lock is kept, no process becomes the holder.
    pub(crate) fn share(path: &LockPath) -> Result<RootTry, Fault> {
        let Some(root) = RootLock::find(path)? else {
            return Ok(RootTry::Gone);
        };
        let Some(directory) = root.lockable() else {
            return Ok(RootTry::Locked(None));
        };
        Ok(match flock::try_shared(directory) {
            Ok(true) => RootTry::Locked(Some(RootLock { path: path.clone(), locked: true })),
            Ok(false) => RootTry::Held,
            Err(_) => RootTry::Locked(None),
        })
    }

    /// None: the root is missing.
    fn find(path: &LockPath) -> Result<Option<&Root>, Fault> {
        match path.open_root() {
            Ok(root) => Ok(Some(root)),
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) => Ok(None),
            Err(error) => Err(path.root_failed("open", error)),
        }
    }

    /// Tries for the lock, and retries for that long while probers, or a holder that may be ending, have it. A root
    /// that cannot be locked, for whatever reason, leaves the protection to the lock file.
    pub(crate) fn take(path: &LockPath, patience: &mut Budget, probers: &mut Budget) -> Result<RootTry, Fault> {
        let Some(root) = RootLock::find(path)? else {
            return Ok(RootTry::Gone);
        };
        let Some(directory) = root.lockable() else {
            return Ok(RootTry::Locked(None));
        };
        let locked = || Ok(RootTry::Locked(Some(RootLock { path: path.clone(), locked: true })));
        loop {
            // As in `contend`: a shared lock is a prober's, and gone in an instant.
            let tried = match flock::try_exclusive(directory) {
                Ok(true) => return locked(),
                Ok(false) => flock::try_shared(directory),
                Err(_) => return Ok(RootTry::Locked(None)),
            };
            let over = match tried {
                Ok(true) => {
                    if flock::try_exclusive(directory).unwrap_or(false) {
                        return locked();
                    }
                    // Only a local file system drops the lock when it refuses a conversion.
                    let _ = flock::unlock(directory);
                    probers.is_over()
                }
                Ok(false) => patience.is_over(),
                Err(_) => return Ok(RootTry::Locked(None)),
            };
            if over {
                return Ok(RootTry::Held);
            }
            pause();
        }
    }

    /// Whether the descriptor still has the lock. Call it after the descriptor's identity was compared. It is tried
    /// only if another copy of the descriptor may have unlocked it (`copied`); a free lock is taken again.
    pub(crate) fn is_held(&self, copied: bool) -> bool {
        let directory = self.path.root().and_then(Root::lockable).filter(|_| copied);
        directory.is_none_or(|directory| flock::try_exclusive(directory).unwrap_or(true))
    }

    /// Unlocks it, for forked copies of the descriptor too. Call it after the descriptor's identity was compared.
    pub(crate) fn unlock(mut self) {
        self.end();
    }

    /// Leaves the lock to the other copies of the descriptor, or a reused number to its new file.
    pub(crate) fn disown(mut self) {
        self.locked = false;
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.locked) {
            if let Some(directory) = self.path.root().and_then(Root::lockable) {
                // Closing the descriptor is all that is left.
                let _ = flock::unlock(directory);
            }
        }
    }
}

impl Drop for RootLock {
    /// Closing alone would leave the lock to a child that another thread has forked meanwhile.
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits until no process holds the root, with a prober's shared lock, which does not keep the next holder out.
pub(crate) fn wait_for_root(path: &LockPath) -> Result<(), Fault> {
    let root = path.open_root().map_err(|error| path.root_failed("open", error))?;
    let Some(directory) = root.lockable() else {
        return Ok(());
    };
    match flock::shared(directory) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINTR) => {
            return Err(Box::new(LockError::Interrupted { path: path.to_owned() }));
        }
        Err(error) => return Err(path.root_failed("lock", error)),
    }
    flock::unlock(directory).map_err(|error| path.root_failed("unlock", error))
}
