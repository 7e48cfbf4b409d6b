//! Sends signals to the holder, and to no other process.

use std::io;
use std::path::Path;

use crate::error::{Fault, LockError};
use crate::lock::{Inspection, LockPath, LockedFile, inspect};
use crate::process::{Liveness, has_lock};
use crate::record::Holder;
use crate::sys::event;

/// Signals the process that holds the lock now.
pub(crate) fn signal_holder(root: &Path, lock_file: Option<&Path>, signal: i32) -> Result<(), Fault> {
    let path = LockPath::within(root, lock_file)?;
    let (holder, number) = live_holder(&path)?;
    let failed = |error: io::Error| match error.raw_os_error() {
        Some(libc::ENOSYS) => Box::new(LockError::UnsupportedPlatform),
        Some(libc::EINVAL) => LockError::invalid(format!("{signal} is not a signal number")),
        Some(libc::ESRCH) => not_live(&path, &holder, Liveness::Dead),
        Some(libc::EPERM) => {
            let why = "belongs to another user, or another user namespace: its user or the superuser can signal it";
            denied(&path, "signal the holder of", error, number, why)
        }
        _ => path.failed("signal the holder of", error),
    };
    // The pidfd means this process from now on, even if its pid is reused.
    let process = event::open_process(number).map_err(failed)?;
    // A caller that may not signal it learns that first. Then compare: if the pid is still the holder's now, it was so
    // when it was opened.
    event::signal(&process, 0).map_err(failed)?;
    let (again, _) = live_holder(&path)?;
    if again != holder {
        return Err(let_go(&path));
    }
    // The record does not prove that its process has the lock: it may have called execve(2), or handed the lock over.
    if !has_the_lock(&path, number)? {
        return Err(not_live(&path, &holder, Liveness::Live));
    }
    event::signal(&process, signal).map_err(failed)
}

fn has_the_lock(path: &LockPath, number: u32) -> Result<bool, Fault> {
    let Some(file) = LockedFile::open_existing(path)? else {
        return Err(let_go(path));
    };
    let has = file.lock_id().and_then(|lock| has_lock(number, &[lock]));
    let action = "look for the lock of";
    has.map_err(|error| match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM) => {
            let why = "has descriptors that this process may not see: the superuser can signal it";
            denied(path, action, error, number, why)
        }
        _ => path.failed(action, error),
    })
}

/// The live holder on record, and its pid here.
fn live_holder(path: &LockPath) -> Result<(Box<Holder>, u32), Fault> {
    match inspect(path.clone())? {
        Inspection::Free | Inspection::Stale(_) => {
            let reason = "no process holds the lock".to_owned();
            Err(Box::new(LockError::NotFound { path: path.to_owned(), reason }))
        }
        Inspection::Held(None) => Err(Box::new(LockError::NoRecord { path: path.to_owned() })),
        Inspection::Held(Some(holder)) => match (holder.liveness(), holder.local_pid()) {
            (Liveness::Live, Some(number)) => Ok((holder, number)),
            // It ended in between.
            (Liveness::Live, None) => Err(not_live(path, &holder, Liveness::Dead)),
            (liveness, _) => Err(not_live(path, &holder, liveness)),
        },
    }
}

/// A permission that is about the process: `LockPath::failed` would explain the mode of the lock file.
fn denied(path: &LockPath, action: &'static str, source: io::Error, number: u32, why: &str) -> Fault {
    let reason = format!("process {number} {why}");
    Box::new(LockError::Denied { action, path: path.to_owned(), source, reason })
}

fn let_go(path: &LockPath) -> Fault {
    let reason = "the holder has just released the lock".to_owned();
    Box::new(LockError::NotFound { path: path.to_owned(), reason })
}

fn not_live(path: &LockPath, holder: &Holder, liveness: Liveness) -> Fault {
    Box::new(LockError::NotLive { path: path.to_owned(), pid: holder.pid, liveness })
}
