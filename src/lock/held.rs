//! What a guard holds: the file's lock and the root's, until the release.

use super::backoff::{Backoff, Budget, pause};
use super::contend::contend;
use super::file::{LockedFile, START_OVERS};
use super::path::LockPath;
use super::root_lock::RootLock;
use crate::error::{Fault, LockError};

/// What the release gives back.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) file: LockedFile,
    /// None if the root cannot be locked, and for a chosen lock file.
    pub(super) root: Option<RootLock>,
    /// The file's text while this guard holds the lock.
    pub(super) record: Vec<u8>,
}

impl Held {
    /// Whether the descriptors are compared before they are used or closed: between two calls the program may close
    /// them and reuse their numbers.
    pub(super) fn keep(&self, kept: bool) {
        self.file.keep(kept);
    }

    /// Whether the descriptors are still the file and the root, and their locks still held.
    pub(super) fn has_its_descriptors(&mut self) -> Result<bool, Fault> {
        let copied = self.file.is_copied();
        let same = self.file.path().root_is_same() && self.file.is_same();
        if !same || !self.root.as_ref().is_none_or(|root| root.is_held(copied)) {
            return Ok(false);
        }
        if copied { self.is_ours_still() } else { Ok(true) }
    }

    /// Whether this guard still holds a lock that another copy of the descriptor, or a server, may have dropped. Taking
    /// it again proves nothing, because another holder may have come and gone: the record must match too.
    fn is_ours_still(&mut self) -> Result<bool, Fault> {
        Ok(self.file.try_exclusive()? && self.file.says(&self.record)?)
    }

    /// Locks the file that is at the path now, or a new one, writes the record there, and unlocks the old one.
    pub(super) fn put_back(&mut self, path: &LockPath) -> Result<(), Fault> {
        let (mut backoff, mut budget) = (Backoff::default(), Budget::of_restore());
        for _ in 0..START_OVERS {
            let Some(mut file) = LockedFile::create(path)? else {
                break;
            };
            match contend(&mut file, &mut backoff) {
                Ok(true) => {}
                Ok(false) => continue,
                // A contender of this library, which the root refuses, unlocks the file in an instant.
                Err(fault) if matches!(*fault, LockError::AlreadyLocked { .. }) && !budget.is_over() => {
                    pause();
                    continue;
                }
                Err(fault) => return Err(fault),
            }
            let identity = file.identity()?;
            let Some(found) = path.find(identity)? else {
                continue;
            };
            file.clear_record(found.size)?;
            file.write_record(&self.record)?;
            file.keep(true);
            let mut old = std::mem::replace(&mut self.file, file);
            if old.is_same() && old.is_locked() {
                // It was moved, or is open elsewhere: its text must not name a holder.
                let _ = old.blank(self.record.len());
                let _ = old.unlock();
            }
            return Ok(());
        }
        Err(path.unsettled())
    }

    /// Unlocks the root, if its descriptor is still the root. False: it is not.
    pub(super) fn end_root(&mut self) -> bool {
        let Some(root) = self.root.take() else {
            return true;
        };
        let same = self.file.path().root_is_same();
        if same {
            root.unlock();
            // It was compared just now.
            self.file.path().keep_root(false);
        } else {
            root.disown();
        }
        same
    }

    /// Releases both locks. False: one of them was lost before. The root first: the next holder, which locks the file
    /// first, then need not retry. If copies of the descriptors exist, the root last: otherwise an adopter of a copy
    /// could become the holder in between, and lose the file's lock to this release.
    pub(super) fn give_up(mut self) -> Result<bool, Fault> {
        if self.file.is_copied() {
            let file = self.end_file();
            return Ok(self.end_root() && file?);
        }
        let root = self.end_root();
        Ok(self.end_file()? && root)
    }

    /// Blanks the record and unlocks the file. False: the lock was lost before, and the record is left alone.
    fn end_file(&mut self) -> Result<bool, Fault> {
        if !self.file.is_same() {
            return Ok(false);
        }
        self.keep(false);
        let ours = match self.file.is_copied() || self.file.is_shared() {
            true => self.is_ours_still(),
            false => Ok(true),
        };
        // The record first: once the lock is free, the next holder may write its own. Then an explicit unlock: closing
        // leaves the lock to every child that inherited the descriptor.
        let blanked = match ours {
            Ok(true) => self.file.withdraw(self.record.len()),
            Ok(false) | Err(_) => Ok(()),
        };
        let unlocked = self.file.unlock();
        let ours = ours?;
        unlocked.and(blanked)?;
        Ok(ours)
    }

    /// In a forked child only these copies of the descriptors are closed: unlocking, or blanking the record, would take
    /// the lock from the parent.
    pub(super) fn leave(mut self) {
        self.file.disown();
        if let Some(root) = self.root.take() {
            root.disown();
        }
    }
}
