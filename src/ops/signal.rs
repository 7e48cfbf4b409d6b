//! Signals for the holder, and for nobody else.

use std::path::Path;

use crate::error::{Fault, LockError};
use crate::lock::{Inspection, LockPath, inspect};
use crate::process::Liveness;
use crate::record::Holder;
use crate::sys::event;

/// Signals the process that holds the lock now.
pub(crate) fn signal_holder(root: &Path, lock_file: Option<&Path>, signal: i32) -> Result<(), Fault> {
    let path = LockPath::within(root, lock_file)?;
    let holder = live_holder(&path)?;
    let failed = |error: std::io::Error| match error.raw_os_error() {
        Some(libc::ENOSYS) => Box::new(LockError::UnsupportedPlatform),
        Some(libc::EINVAL) => LockError::invalid(format!("{signal} is no signal")),
        Some(libc::ESRCH) => not_live(&path, &holder, Liveness::Dead),
        _ => path.failed("signal the holder of", error),
    };
    // From here on this process is meant, whoever gets its number.
    let process = event::open_process(holder.pid).map_err(failed)?;
    // If the number is still the holder's now, it was so when it was opened. Its lock may be gone since.
    if live_holder(&path)? != holder {
        let reason = "the holder let go at this moment".to_owned();
        return Err(Box::new(LockError::NotFound { path: path.to_owned(), reason }));
    }
    event::signal(&process, signal).map_err(failed)
}

fn live_holder(path: &LockPath) -> Result<Box<Holder>, Fault> {
    match inspect(path.clone())? {
        Inspection::Free | Inspection::Stale(_) => {
            let reason = "nobody holds the lock".to_owned();
            Err(Box::new(LockError::NotFound { path: path.to_owned(), reason }))
        }
        Inspection::Held(None) => Err(Box::new(LockError::NoRecord { path: path.to_owned() })),
        Inspection::Held(Some(holder)) => match holder.liveness() {
            Liveness::Live => Ok(holder),
            liveness => Err(not_live(path, &holder, liveness)),
        },
    }
}

fn not_live(path: &LockPath, holder: &Holder, liveness: Liveness) -> Fault {
    Box::new(LockError::NotLive { path: path.to_owned(), pid: holder.pid, liveness })
}
