//! Questions about the lock, without taking it.

use std::path::Path;

use super::backoff::{Budget, RECORD, pause};
use super::file::{LockedFile, START_OVERS};
use super::path::LockPath;
use super::root_lock::{RootLock, RootTry};
use super::text::Content;
use crate::error::{Fault, LockError};
use crate::record::Holder;
use crate::sys::file::{FileId, Stat};

/// Whether a process holds the lock now.
pub(crate) fn is_locked(workspace_root: &Path) -> Result<bool, Fault> {
    is_held(&LockPath::of(workspace_root)?)
}

fn is_held(path: &LockPath) -> Result<bool, Fault> {
    for _ in 0..START_OVERS {
        let Some(mut file) = LockedFile::open_existing(path)? else {
            match holds_root_of_missing(path)? {
                Some(held) => return Ok(held),
                None => continue,
            }
        };
        let identity = file.identity()?;
        open_root_early(path);
        // Shared, for an instant: acquirers distinguish such a lock from a holder's.
        let free = file.try_shared()?;
        let root = if free { ask_root(path, Some(identity))? } else { None };
        if path.leads_to(identity)? {
            return Ok(!free || root.is_some_and(|root| root.is_held()));
        }
    }
    Err(path.unsettled())
}

/// Whether the root of a missing lock file is held. None: the file has reappeared.
fn holds_root_of_missing(path: &LockPath) -> Result<Option<bool>, Fault> {
    let root = ask_root(path, None)?;
    Ok(path.is_vacant()?.then(|| root.is_some_and(|root| root.is_held())))
}

/// Probes the root of a lock file that is free or missing. Both shared locks are kept until the path has been checked
/// again: otherwise a holder could restore its file, or hand its lock over, between the two looks. None: the file is
/// not the workspace's own lock.
fn ask_root(path: &LockPath, file: Option<FileId>) -> Result<Option<RootTry>, Fault> {
    path.is_own(file).then(|| RootLock::share(path)).transpose()
}

/// Opens the root before the file's lock is tried, so that the lock is held for few calls: acquirers wait for its end.
/// A failure matters only if the root is probed afterwards.
fn open_root_early(path: &LockPath) {
    let _ = path.find_root();
}

/// Whether the lock is held, and the record of its holder.
pub(crate) fn inspect_workspace(workspace_root: &Path, lock_file: Option<&Path>) -> Result<Inspection, Fault> {
    inspect(LockPath::within(workspace_root, lock_file)?)
}

/// The same for a path. The answer was true at one moment of the call.
pub(crate) fn inspect(path: LockPath) -> Result<Inspection, Fault> {
    let mut budget = Budget::of(RECORD);
    for _ in 0..START_OVERS {
        let Some(mut file) = LockedFile::open_existing(&path)? else {
            match holds_root_of_missing(&path)? {
                Some(true) => return Ok(Inspection::Held(None)),
                Some(false) => return Ok(Inspection::Free),
                None => continue,
            }
        };
        open_root_early(&path);
        loop {
            // While we hold the shared lock, no process can hold the exclusive one, and none writes.
            let free = file.try_shared()?;
            let found = file.stat()?;
            let record = file.content(found.size)?.record();
            let root = if free { ask_root(&path, Some(found.identity))? } else { None };
            if !path.leads_to(found.identity)? {
                break;
            }
            let root_is_held = root.is_some_and(|root| root.is_held());
            match record {
                // The holder's own lock file was removed. A record in this one is of an earlier holder.
                _ if root_is_held => return Ok(Inspection::Held(None)),
                record if free => return Ok(record.map_or(Inspection::Free, Inspection::Stale)),
                // The process that wrote it had the lock, and blanks it before it unlocks, unless it dies.
                Some(holder) if !holder.has_ended() && !is_of_another(&holder, &file) => {
                    return Ok(Inspection::Held(Some(holder)));
                }
                record if budget.is_over() => return Ok(Inspection::Held(left_to_others(record, &mut file, found)?)),
                // A new holder may be about to write.
                _ => pause(),
            }
        }
    }
    Err(path.unsettled())
}

/// Whether the kernel lists a process other than the one on record as the owner of the lock. The kernel is asked only
/// if the record does not identify its process: ralph-core leaves its records behind, and they contain only a pid.
pub(crate) fn is_of_another(holder: &Holder, file: &LockedFile) -> bool {
    // While other locks come and go, the kernel can skip one in the list: an empty list is read again.
    let owners = || (0..3).find_map(|_| file.owners().filter(|owners| !owners.is_empty()));
    holder.identity().is_missing()
        && owners().is_some_and(|owners| !owners.iter().any(|owner| holder.seen().may_be(*owner)))
}

/// The dead holder on record, if its lock is still held by a process that inherited its descriptor. None: the holder is
/// a new one.
pub(super) fn left_to_others(
    dead: Option<Box<Holder>>,
    file: &mut LockedFile,
    found: Stat,
) -> Result<Option<Box<Holder>>, Fault> {
    let Some(dead) = dead else {
        return Ok(None);
    };
    // While other locks come and go, the kernel can skip one in the list: it is read more than once. A new holder that
    // unlocks, or dies, before it clears the record is in no later list, and the next one in no earlier list: the lock
    // is tried after each.
    for _ in 0..3 {
        let is_its = |owner: &u32| dead.seen().number_here() == Some(*owner);
        if !file.owners().is_some_and(|owners| owners.iter().all(is_its)) || file.try_shared()? {
            return Ok(None);
        }
    }
    let is_so_still = file.content(found.size)?.record().as_ref() == Some(&dead);
    Ok(is_so_still.then_some(dead))
}

/// What [`inspect`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspection {
    /// No process holds the lock.
    Free,
    /// A process holds it. None: it left no record.
    Held(Option<Box<Holder>>),
    /// No process holds it, but the file has a record: its process died, or left the record behind, as ralph-core and
    /// execve(2) do, or the record was copied with the directory. A running process on record does not hold this lock.
    Stale(Box<Holder>),
}

/// The record in the lock file, or [`LockError::NotFound`] with the reason why there is none.
pub(crate) fn on_record(workspace_root: &Path) -> Result<Box<Holder>, Fault> {
    let not_found = |path: &LockPath, reason| Err(Box::new(LockError::NotFound { path: path.to_owned(), reason }));
    let path = LockPath::of(workspace_root)?;
    let Some(mut file) = LockedFile::open_existing(&path)? else {
        return not_found(&path, "there is no such file".to_owned());
    };
    let mut budget = Budget::of(RECORD);
    loop {
        let size = file.stat()?.size;
        match file.content(size)? {
            Content::Record(holder) => return Ok(holder),
            Content::Nothing(reason) => return not_found(file.path(), reason.to_owned()),
            Content::Unreadable(reason) if budget.is_over() => return not_found(file.path(), reason),
            Content::Unreadable(_) => pause(),
        }
    }
}
