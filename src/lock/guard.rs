//! A held lock: the process that took it, whether it is still the workspace's, and its release.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::backoff::{Backoff, Budget, LOOK_AGAIN, OLD_TEXT};
use super::create;
use super::file::LockedFile;
use super::held::Held;
use super::inspect::{Inspection, inspect};
use super::path::LockPath;
use super::root_lock::{RootLock, RootTry};
use crate::error::{Fault, LockError};
use crate::process::{Liveness, is_ending as is_process_ending};
use crate::record::{Holder, Record};
use crate::sys::{clock, process};

/// The held lock. Dropping it releases the lock; so does the end of the process, however it ends.
///
/// A forked child has a copy of the guard, but not the lock: whatever it does with its copy, the lock stays with the
/// parent.
#[derive(Debug)]
pub struct LockGuard {
    path: LockPath,
    /// The record found when the lock was taken.
    previous: Option<Box<Holder>>,
    /// The process that took the lock, by [`process::instance`].
    owner: u32,
    /// None after the release. Only the owner waits for this mutex: in a forked child it may be locked by a thread that
    /// does not exist there.
    held: Mutex<Option<Held>>,
}

/// The outcome of making this process, which has the file's lock, the holder.
pub(crate) enum Published {
    Guard(LockGuard),
    /// The file is no longer the one at the path.
    Moved,
    /// Another process holds the root; the file is returned, still locked.
    RootHeld(LockedFile),
}

impl LockGuard {
    /// The path of the lock file: the workspace root as given, and [`crate::LoopLock::LOCK_FILE`] or the file that the
    /// options named.
    pub fn lock_path(&self) -> &Path {
        self.path.as_path()
    }

    /// Checks that the lock is still the workspace's: that the path leads to the locked file, which it does not after
    /// `rm -rf .ralph`, and that an absolute root is still at its path. Otherwise [`LockError::Lost`]: see
    /// [`LockGuard::restore`]. On a shared file system it also checks that the lock is still held there, with this
    /// guard's record: a restarted server has forgotten it.
    pub fn verify(&self) -> Result<(), LockError> {
        Ok(self.look().map(drop)?)
    }

    /// Puts the lock file back after it was removed or replaced: locks a new one and writes the record. Ok also if it
    /// was never gone.
    ///
    /// - [`LockError::AlreadyLocked`]: a program that knows only the file holds the new one
    /// - [`LockError::Lost`]: the root itself is gone, or another directory is at its path
    pub fn restore(&self) -> Result<(), LockError> {
        Ok(self.put_back().map(drop)?)
    }

    /// The record found in the file when the lock was taken: that of a holder that died, or of a program that leaves
    /// its record behind, like ralph-core. The record of a running process is not returned: it did not die with this
    /// lock.
    pub fn previous(&self) -> Option<&Holder> {
        self.previous.as_deref()
    }

    /// Releases the lock and reports whether all of it succeeded. The lock is free in any case.
    pub fn release(self) -> Result<(), LockError> {
        Ok(self.give_up().unwrap_or(Ok(()))?)
    }

    pub(crate) fn path(&self) -> &CStr {
        self.path.as_c_str()
    }

    /// The error if no earlier holder left a record.
    pub(crate) fn no_previous(&self) -> Fault {
        let reason = "no earlier holder left a record".to_owned();
        Box::new(LockError::NotFound { path: self.path.to_owned(), reason })
    }

    /// Makes this process, which has just locked the file, the holder on record. It locks the root first and compares
    /// afterwards: another process may have removed or replaced the file since it was opened. Without the comparison
    /// two processes would hold two files, each as the workspace's lock; a comparison before the root is locked proves
    /// nothing. A refusal because of the root is compared too: its holder may have restored a file that names it.
    pub(crate) fn publish(
        mut file: LockedFile,
        record: &mut Record<'_>,
        probers: &mut Budget,
    ) -> Result<Published, Fault> {
        let identity = file.identity()?;
        let path = file.path().clone();
        let tried = match path.is_own(Some(identity)) {
            true => RootLock::take(&path, &mut Budget::none(), probers)?,
            // Even without its lock, the file is looked up below the root's descriptor.
            false => path.resolve().map(|()| RootTry::Locked(None))?,
        };
        let root = match tried {
            RootTry::Locked(root) => Some(root),
            RootTry::Held => None,
            RootTry::Gone => return Ok(Published::Moved),
        };
        let Some(found) = path.find(identity)? else {
            return Ok(Published::Moved);
        };
        let Some(root) = root else {
            return Ok(Published::RootHeld(file));
        };
        let left = file.clear_record(found.size)?;
        file.write_record(record.since(clock::wall()))?;
        if left.is_some() {
            // Another program may have created the file without it, as ralph-core does.
            create::keep_git_away(&path);
        }
        // A running process has not died with this lock: its record was copied with the directory, or it lost the lock
        // without blanking the record, as by execve(2).
        let previous = left.filter(|left| left.liveness() != Liveness::Live || is_ending(left));
        Ok(Published::Guard(LockGuard::new(path, previous, file, root, record.take())))
    }

    /// Makes this process the holder on record of a lock that another process handed to it. On failure the lock is left
    /// alone. None: the lock is no longer the workspace's.
    pub(crate) fn inherit(mut file: LockedFile, record: &mut Record<'_>) -> Result<Option<LockGuard>, Fault> {
        let inherited = LockGuard::try_inherit(&mut file, record);
        match inherited {
            Ok(Some(root)) => Ok(Some(LockGuard::new(file.path().clone(), None, file, root, record.take()))),
            failed => {
                file.disown();
                failed.map(|_| None)
            }
        }
    }

    fn try_inherit(file: &mut LockedFile, record: &mut Record<'_>) -> Result<Option<Option<RootLock>>, Fault> {
        let identity = file.identity()?;
        let path = file.path().clone();
        let Backoff { mut root, mut probers, .. } = Backoff::default();
        let root = match path.is_own(Some(identity)) {
            true => RootLock::take(&path, &mut root, &mut probers)?,
            false => RootTry::Locked(None),
        };
        let RootTry::Locked(root) = root else {
            return Ok(None);
        };
        // Another adopter of the same descriptor may have released it while this one waited for the root. And if the
        // file's lock was free until now, another process may have removed or written the file since the first look.
        let found = if file.try_exclusive()? { path.find(identity)? } else { None };
        let Some(found) = found else {
            return Ok(None);
        };
        file.check_text(found.size)?;
        file.blank(usize::try_from(found.size).unwrap_or(usize::MAX))?;
        file.write_record(record.since(clock::wall()))?;
        Ok(Some(root))
    }

    fn new(
        path: LockPath,
        previous: Option<Box<Holder>>,
        file: LockedFile,
        root: Option<RootLock>,
        record: Vec<u8>,
    ) -> LockGuard {
        let held = Held { file, root, record };
        held.keep(true);
        path.keep_root(true);
        LockGuard { path, previous, owner: process::instance(), held: Mutex::new(Some(held)) }
    }

    /// Whether this is the process that took the lock.
    fn is_own(&self) -> bool {
        process::instance() == self.owner
    }

    fn held(&self) -> Option<MutexGuard<'_, Option<Held>>> {
        if self.is_own() {
            return Some(self.held.lock().unwrap_or_else(PoisonError::into_inner));
        }
        self.held.try_lock().ok()
    }

    /// Calls the function with the held lock. None: the guard has ended.
    fn with_held<T>(&self, body: impl FnOnce(&mut Held) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        if !self.is_own() {
            return Err(LockError::invalid("the guard belongs to the parent process, which forked this one"));
        }
        self.held().as_mut().and_then(|held| held.as_mut()).map(body).transpose()
    }

    fn lost(&self) -> Fault {
        Box::new(LockError::Lost { path: self.path.to_owned() })
    }

    /// As [`LockGuard::verify`]. None: the guard has ended.
    ///
    /// A release by another thread waits while the descriptors are checked, but not while the path is, which a file
    /// system can delay.
    pub(crate) fn look(&self) -> Result<Option<()>, Fault> {
        let checked = self.with_held(|held| {
            if !held.has_its_descriptors()? {
                return Err(self.lost());
            }
            let record = held.file.is_shared().then(|| Holder::parse(&held.record).ok());
            Ok((held.file.identity()?, record.flatten()))
        })?;
        let Some((identity, record)) = checked else {
            return Ok(None);
        };
        let in_place = self.path.root_is_in_place()? && self.path.leads_to(identity)?;
        if in_place && record.map_or(Ok(true), |record| self.is_on_record(&record))? {
            return Ok(Some(()));
        }
        Err(self.lost())
    }

    /// Whether the lock is still held on a file system where another machine keeps it: a server that restarted, or lost
    /// its connection to this machine, has dropped it without telling this kernel.
    fn is_on_record(&self, ours: &Holder) -> Result<bool, Fault> {
        let mut budget = Budget::of(OLD_TEXT);
        loop {
            // By another descriptor of the root: on the guard's own, trying a shared lock would replace the exclusive
            // one.
            match inspect(self.path.below_root_of(&self.path)?)? {
                Inspection::Held(Some(holder)) if *holder == *ours => return Ok(true),
                // Another process may have it by now, or the text read is older than this guard's record.
                Inspection::Held(_) if !budget.is_over() => drop(clock::sleep(LOOK_AGAIN)),
                _ => return Ok(false),
            }
        }
    }

    /// As [`LockGuard::restore`]. None: the guard has ended.
    pub(crate) fn put_back(&self) -> Result<Option<()>, Fault> {
        self.with_held(|held| {
            let root = self.path.root_is_same() && self.path.root_is_in_place()?;
            // If a copy of the root's descriptor unlocked it, this takes the lock again, unless another process has it.
            if !root || !held.root.as_ref().is_none_or(|root| root.is_held(true)) {
                return Err(self.lost());
            }
            let identity = held.file.identity()?;
            match held.has_its_descriptors()? && self.path.leads_to(identity)? {
                true => Ok(()),
                false => held.put_back(&self.path),
            }
        })
    }

    /// The lock as a descriptor without close-on-exec; the guard then holds nothing. None: it held nothing.
    pub(crate) fn take_fd(&self) -> Result<Option<OwnedFd>, Fault> {
        if !self.is_own() {
            return Err(LockError::invalid("the guard belongs to the parent process, which forked this one"));
        }
        let mut entry = self.held();
        let Some(held) = entry.as_mut().and_then(|entry| entry.as_mut()) else {
            return Ok(None);
        };
        if !held.file.is_same() {
            return Err(self.lost());
        }
        let fd = held.file.inheritable_copy()?;
        // The adopter locks the root itself.
        held.end_root();
        held.file.disown();
        if let Some(entry) = &mut entry {
            **entry = None;
        }
        Ok(Some(fd))
    }

    /// Releases the lock. None: it was released before.
    pub(crate) fn give_up(&self) -> Option<Result<(), Fault>> {
        let held = self.held()?.take()?;
        Some(self.finish(held))
    }

    fn finish(&self, held: Held) -> Result<(), Fault> {
        if !self.is_own() {
            held.leave();
            return Ok(());
        }
        if held.give_up()? { Ok(()) } else { Err(self.lost()) }
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        // No other thread uses it, whatever the mutex's state in a forked child.
        if let Some(held) = self.held.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            // Drop cannot report errors; `release` does.
            let _ = self.finish(held);
        }
    }
}

/// Whether its process is ending: a killed process closes its files before it counts as ended, so a waiter can get the
/// lock earlier.
fn is_ending(holder: &Holder) -> bool {
    // Without a pid here it has ended since it was found to run.
    holder.local_pid().is_none_or(is_process_ending)
}
