//! The acquire protocol, top to bottom. Each step says what would go wrong without it.

use std::path::Path;

use super::LockGuard;
use super::backoff::{Backoff, pause};
use super::contend::contend;
use super::file::{LockedFile, START_OVERS};
use super::guard::Published;
use super::path::LockPath;
use super::root_lock::wait_for_root;
use crate::error::{Fault, LockError, RootHolder};
use crate::record::Record;

/// Takes the lock now, or names its holder.
pub(crate) fn try_acquire(workspace_root: &Path, prompt: &str) -> Result<LockGuard, Fault> {
    acquire_now(LockPath::of(workspace_root)?, &mut Record::new(prompt).map_err(LockError::invalid)?)
}

/// Takes the lock, waiting without limit in the kernel's queue.
pub(crate) fn acquire_blocking(workspace_root: &Path, prompt: &str) -> Result<LockGuard, Fault> {
    acquire_in_queue(LockPath::of(workspace_root)?, &mut Record::new(prompt).map_err(LockError::invalid)?.made())
}

pub(crate) fn acquire_now(path: LockPath, record: &mut Record<'_>) -> Result<LockGuard, Fault> {
    let mut backoff = Backoff::default();
    for _ in 0..START_OVERS {
        let Some(mut file) = open_unless_root_is_held(&path, &mut backoff)? else {
            return Err(root_held(&path));
        };
        while contend(&mut file, &mut backoff)? {
            match LockGuard::publish(file, record, &mut backoff.probers)? {
                Published::Guard(guard) => return Ok(guard),
                Published::Moved => break,
                Published::RootHeld(refused) => file = refused,
            }
            // Unlock the file meanwhile: the holder of the root may be about to restore it.
            file.give_back()?;
            if backoff.root.is_over() {
                return Err(root_held(&path));
            }
            pause();
        }
    }
    Err(path.unsettled())
}

pub(crate) fn acquire_in_queue(path: LockPath, record: &mut Record<'_>) -> Result<LockGuard, Fault> {
    path.resolve()?;
    let mut moves = 0;
    while moves < START_OVERS {
        let Some(mut file) = LockedFile::open_to_wait(&path)? else {
            wait_for_root(&path)?;
            continue;
        };
        file.exclusive()?;
        match LockGuard::publish(file, record, &mut Backoff::default().probers)? {
            Published::Guard(guard) => return Ok(guard),
            Published::Moved => moves += 1,
            Published::RootHeld(file) => {
                drop(file);
                wait_for_root(&path)?;
            }
        }
    }
    Err(path.unsettled())
}

/// Opens the lock file. None: it is missing, and is not created while another process holds the root.
fn open_unless_root_is_held(path: &LockPath, backoff: &mut Backoff) -> Result<Option<LockedFile>, Fault> {
    loop {
        if let Some(file) = LockedFile::open_or_create(path)? {
            return Ok(Some(file));
        }
        // The holder may be ending, or restoring its lock file.
        if backoff.root.is_over() && path.is_vacant()? {
            return Ok(None);
        }
        pause();
    }
}

/// The root is locked and its lock file is not.
fn root_held(path: &LockPath) -> Fault {
    let owners = path.root_lock_id().ok().flatten().and_then(|lock| lock.owners().ok()).unwrap_or_default();
    let process = owners.first().copied().filter(|pid| *pid != 0);
    let root = Some(Box::new(RootHolder { root: path.root_path().to_owned(), process }));
    Box::new(LockError::AlreadyLocked { path: path.to_owned(), holder: None, root })
}
