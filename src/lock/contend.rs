//! Contending for the lock of an open file.

use super::backoff::{Backoff, pause, pause_remotely};
use super::file::LockedFile;
use super::inspect::{is_of_another, left_to_others};
use crate::error::{Fault, LockError};
use crate::record::Holder;

/// Tries for the lock of an open file until the outcome is certain. False: the file is no longer at its path, so its
/// lock means nothing; start over.
pub(crate) fn contend(file: &mut LockedFile, backoff: &mut Backoff) -> Result<bool, Fault> {
    loop {
        if !file.is_read_only() && file.try_exclusive()? {
            return Ok(true);
        }
        // Another process has a lock. A holder's is exclusive. A prober's is shared, and so is an acquirer's on the
        // next line.
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
        // It is a holder's. A record that names a live one is the answer even if the file has just been moved away:
        // the holder wrote it after it had locked the file and seen it at its path.
        let found = file.stat()?;
        if found.links == 0 {
            return Ok(false);
        }
        let record = file.content(found.size)?.record();
        if let Some(holder) = record.as_ref().filter(|holder| !holder.is_gone() && !is_of_another(holder, file)) {
            // A holder in a container can be found only while it has the lock.
            holder.seen().number_here();
            return Err(held(file, record));
        }
        // No process on record, or a dead one: the holder may be about to write, or to unlock because the file is no
        // longer at its path.
        if !file.path().leads_to(found.identity)? {
            return Ok(false);
        }
        if backoff.record.is_over() {
            let holder = left_to_others(record, file, found)?;
            // It has found the lock free, and this descriptor has a shared one now, which an adopted one would keep.
            if file.is_locked() {
                continue;
            }
            return Err(held(file, holder));
        }
        pause();
    }
}

fn held(file: &LockedFile, holder: Option<Box<Holder>>) -> Fault {
    Box::new(LockError::AlreadyLocked { path: file.path().to_owned(), holder, root: None })
}
