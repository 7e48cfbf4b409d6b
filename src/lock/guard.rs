//! A held lock: who owns it, whether it still is the workspace's, and how it ends.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::backoff::{Budget, LOOK_AGAIN, OLD_TEXT};
use super::file::LockedFile;
use super::inspect::{Inspection, inspect};
use super::path::LockPath;
use crate::error::{Fault, LockError};
use crate::process::Liveness;
use crate::record::{Holder, Record};
use crate::sys::file::FileId;
use crate::sys::{clock, process};

/// The lock, held. Dropping it gives the lock up; so does the end of the process, however it ends.
///
/// A forked child has a copy of the guard and not the lock: what it does with its copy leaves the
/// lock with its parent.
#[derive(Debug)]
pub struct LockGuard {
    held: Held,
    place: LockedPlace,
    /// Who was on record before.
    previous: Option<Box<Holder>>,
}

/// What is to be given up, which dropping it does.
#[derive(Debug)]
pub(crate) struct Held {
    /// None once the lock is given up.
    file: Option<LockedFile>,
    /// The process that took the lock, by [`process::instance`].
    owner: u32,
    /// How many bytes of the file are our record.
    record: usize,
}

/// Which file was locked, and where it was: enough to see whether it still is there, without the
/// descriptor.
#[derive(Debug)]
pub(crate) struct LockedPlace {
    path: LockPath,
    identity: FileId,
    /// On a file system that other machines may use too: who is on record as long as the lock is ours.
    on_record: Option<Box<Holder>>,
}

impl LockGuard {
    /// Where the lock file is: the workspace root as it was given, and [`crate::LoopLock::LOCK_FILE`] or
    /// what the options said.
    pub fn lock_path(&self) -> &Path {
        self.place.path.as_path()
    }

    /// Whether the path still leads to the file that is locked. After `rm -rf .ralph` it does not
    /// ([`LockError::Lost`]), and somebody else can take the lock of a new file there. On a file system that
    /// other machines may use too, also whether the lock is still held there, with our record: a server that
    /// restarts has forgotten it. A relative root is looked up from the current directory of now.
    pub fn verify(&self) -> Result<(), LockError> {
        Ok(self.place.verify()?)
    }

    /// The record that was in the file when the lock was taken: of a holder that died, or of a program that leaves its
    /// record behind, like ralph-core. Not of a process that runs, which has not died with this lock.
    pub fn previous(&self) -> Option<&Holder> {
        self.previous.as_deref()
    }

    /// Gives the lock up and says whether all of it went well. The lock is free in any case.
    pub fn release(mut self) -> Result<(), LockError> {
        Ok(self.held.give_up()?)
    }

    pub(crate) fn into_parts(self) -> (Held, LockedPlace, Option<Box<Holder>>) {
        (self.held, self.place, self.previous)
    }

    /// Makes this process, which has just got the flock, the holder on record. Err: somebody
    /// removed or replaced the file between open and flock. Without this comparison two processes
    /// hold two files, each believing that it has the workspace's lock.
    // Inlined, as some others are: a result that is returned was written in pieces just now, and the processor waits
    // for them all before it moves it as a whole, again and again on the way to where it stays.
    #[inline(always)]
    pub(crate) fn publish(mut file: LockedFile, record: &mut Record<'_>) -> Result<Result<LockGuard, LockPath>, Fault> {
        let identity = file.identity()?;
        let path = file.path().clone();
        let Some(found) = path.find(identity)? else {
            return Ok(Err(path));
        };
        let record = record.since(clock::wall());
        let place = LockedPlace::new(path, identity, &file, record);
        let mut held = Held { file: None, owner: process::instance(), record: 0 };
        // From here on, an error drops what is held, which blanks what was written and unlocks.
        let file = held.file.insert(file);
        let previous = file.clear_record(found.size)?;
        file.write(record, &mut held.record)?;
        file.sync()?;
        // A process that runs has not died with this lock: its record was copied with the directory, or it has let go of
        // the lock without taking its record out, as execve(2) does.
        let previous = previous.filter(|left| left.liveness() != Liveness::Live);
        Ok(Ok(LockGuard { held, place, previous }))
    }

    /// Makes this process the holder on record of a lock that another one has handed to it. When that
    /// fails, the lock is left as it is.
    pub(crate) fn inherit(mut file: LockedFile, record: &mut Record<'_>, size: u64) -> Result<LockGuard, Fault> {
        let identity = file.identity()?;
        let record = record.since(clock::wall());
        let place = LockedPlace::new(file.path().clone(), identity, &file, record);
        let mut length = 0;
        let written = file
            .blank(usize::try_from(size).unwrap_or(usize::MAX))
            .and_then(|()| file.write(record, &mut length))
            .and_then(|()| file.sync());
        if let Err(fault) = written {
            // The old holder has it still. Nobody is on record then, rather than half a name.
            let _ = file.blank(length);
            file.disown();
            return Err(fault);
        }
        let held = Held { file: Some(file), owner: process::instance(), record: length };
        Ok(LockGuard { held, place, previous: None })
    }

    /// As [`Held::take_fd`].
    pub(crate) fn take_fd(mut self) -> Result<OwnedFd, Fault> {
        self.held.take_fd()
    }
}

impl Held {
    /// The lock as a descriptor that an exec leaves open. Nothing is held here then.
    pub(crate) fn take_fd(&mut self) -> Result<OwnedFd, Fault> {
        let Some(file) = self.file.as_mut().filter(|_| process::instance() == self.owner) else {
            return Err(LockError::invalid("the guard belongs to the process that this one was forked from"));
        };
        let fd = file.inheritable_copy()?;
        file.disown();
        self.file = None;
        Ok(fd)
    }

    pub(crate) fn give_up(&mut self) -> Result<(), Fault> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        // In a forked child only this copy of the descriptor goes: unlocking, or blanking the
        // record, would take the lock from the parent.
        let given_up = if process::instance() != self.owner {
            file.disown();
            Ok(())
        } else {
            // First the record: the moment the lock is free, the next holder may write its own. Then the
            // lock, explicitly: closing leaves it with every child that inherited the descriptor.
            let blanked = file.withdraw(self.record);
            file.unlock().and(blanked)
        };
        self.file = None;
        given_up
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A drop has nobody to tell; `release` has.
        let _ = self.give_up();
    }
}

impl LockedPlace {
    // Inlined: as LockGuard::publish.
    #[inline(always)]
    fn new(path: LockPath, identity: FileId, file: &LockedFile, record: &[u8]) -> LockedPlace {
        let on_record = if file.is_shared() { Holder::parse(record).ok() } else { None };
        LockedPlace { path, identity, on_record }
    }

    pub(crate) fn path(&self) -> &CStr {
        self.path.as_c_str()
    }

    /// The error for a lock that nobody had left behind.
    pub(crate) fn no_previous(&self) -> Fault {
        let reason = "no holder had left its record behind".to_owned();
        Box::new(LockError::NotFound { path: self.path.to_owned(), reason })
    }

    pub(crate) fn verify(&self) -> Result<(), Fault> {
        if self.path.leads_to(self.identity)? && self.is_ours_still()? {
            return Ok(());
        }
        Err(Box::new(LockError::Lost { path: self.path.to_owned() }))
    }

    /// Whether the lock has stayed with its holder: one that is kept by another machine ends when that one is
    /// restarted, or loses sight of this one, and the kernel here does not know.
    fn is_ours_still(&self) -> Result<bool, Fault> {
        let Some(ours) = &self.on_record else {
            return Ok(true);
        };
        let mut budget = Budget::of(OLD_TEXT);
        loop {
            match inspect(self.path.clone())? {
                Inspection::Held(Some(holder)) if holder == *ours => return Ok(true),
                // Who else has it, if it is not us? A text that was there before ours says nothing.
                Inspection::Held(_) if !budget.is_over() => drop(clock::sleep(LOOK_AGAIN)),
                _ => return Ok(false),
            }
        }
    }
}
