//! Contending for the lock of an open file.

use super::backoff::{Backoff, pause, pause_remotely};
use super::file::LockedFile;
use super::inspect::{is_of_another, left_to_others};
use crate::error::{Fault, LockError};
use crate::record::Holder;

/// Tries for the lock of an open file until the outcome is certain. False: the file
/// is no longer at its path, so that its lock means nothing; start over.
pub(crate) fn contend(file: &mut LockedFile, backoff: &mut Backoff) -> Result<bool, Fault> {
    loop {
        if !file.is_read_only() && file.try_exclusive()? {
            return Ok(true);
        }
        // Another process has a lock. A holder's is exclusive; a prober's is shared, and so is that of another
        // acquirer at this line.
        if file.try_shared()? {
            if let Some(error) = file.take_read_only() {
                return Err(error);
            }
            if file.try_upgrade()? {
                return Ok(true);
            }
            if backoff.probers.is_over() {
                return Err(held(file, None));
            }
            if file.is_shared() {
                pause_remotely()
            } else {
                pause()
            }
            continue;
        }
        // A holder, then: who? A record that names one is the answer even if the file has just been
        // moved away: the holder wrote it after seeing, with the lock, the file at its path.
        let found = file.stat()?;
        if found.links == 0 {
            return Ok(false);
        }
        let record = file.content(found.size)?.record();
        if let Some(holder) = record.as_ref().filter(|holder| !holder.is_gone() && !is_of_another(holder, file)) {
            // In a container it can be found only as long as it has the lock.
            holder.seen().number_here();
            return Err(held(file, record));
        }
        // No process on record, or a dead one: the holder may be about to write, or be about to give the lock
        // back because the file is not at its path any more.
        if !file.path().leads_to(found.identity)? {
            return Ok(false);
        }
        if backoff.record.is_over() {
            let holder = left_to_others(record, file, found)?;
            return Err(held(file, holder));
        }
        pause();
    }
}

fn held(file: &LockedFile, holder: Option<Box<Holder>>) -> Fault {
    Box::new(LockError::AlreadyLocked { path: file.path().to_owned(), holder, root: None })
}
