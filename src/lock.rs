//! The lock: the protocol, top to bottom.
//!
//! The kernel's flock on `.ralph/loop.lock` is the lock; the file's existence and its text are not.
//! The text names the holder, and is blank while nobody holds the lock and the last holder ended
//! well. The file is never removed by us. Each step below says what would go wrong without it.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::path::Path;

use crate::error::Fault;
use crate::lock_file::{Content, LockFile, START_OVERS};
use crate::lock_path::LockPath;
use crate::patience::{LOOK_AGAIN, Limit, OLD_TEXT, Patience, RECORD, pause, pause_remotely};
use crate::process::lockers;
use crate::record::Record;
use crate::sys::file::{Identity, Stat};
use crate::sys::{clock, process};
use crate::{Holder, LockError};

/// Takes the lock now, or says who holds it.
pub(crate) fn try_acquire(workspace_root: &Path, prompt: &str) -> Result<LockGuard, Fault> {
    acquire_now(LockPath::of(workspace_root)?, &mut Record::new(prompt)?)
}

/// Takes the lock, waiting for it in the kernel's queue for as long as that takes.
pub(crate) fn acquire_blocking(workspace_root: &Path, prompt: &str) -> Result<LockGuard, Fault> {
    acquire_in_queue(LockPath::of(workspace_root)?, &mut Record::new(prompt)?.made())
}

/// Whether somebody holds the lock now.
pub(crate) fn is_locked(workspace_root: &Path) -> Result<bool, Fault> {
    let mut path = LockPath::of(workspace_root)?;
    for _ in 0..START_OVERS {
        let Ok(mut file) = LockFile::open_existing(path)? else {
            return Ok(false);
        };
        let identity = file.identity()?;
        // Shared, for an instant: acquirers tell such a lock from a holder's.
        let locked = !file.try_shared()?;
        if file.path().leads_to(identity)? {
            return Ok(locked);
        }
        path = file.path().clone();
    }
    Err(never_settles(&path))
}

/// Whether the lock is held, and by whom.
pub(crate) fn inspect_workspace(workspace_root: &Path) -> Result<Inspection, Fault> {
    inspect(LockPath::of(workspace_root)?)
}

/// The same: an answer that was true at one moment of the call.
pub(crate) fn inspect(mut path: LockPath) -> Result<Inspection, Fault> {
    let mut patience = Limit::of(RECORD);
    for _ in 0..START_OVERS {
        let Ok(mut file) = LockFile::open_existing(path)? else {
            return Ok(Inspection::Free);
        };
        loop {
            // While this lock is had, nobody holds the other one, and nobody writes.
            let free = file.try_shared()?;
            let found = file.stat()?;
            let record = file.content(found.size)?.record();
            if !file.path().leads_to(found.identity)? {
                path = file.path().clone();
                break;
            }
            match record {
                record if free => return Ok(record.map_or(Inspection::Free, Inspection::Stale)),
                // Who wrote it had the lock, and blanks it before letting go, unless it dies.
                Some(holder) if !holder.has_ended() => return Ok(Inspection::Held(Some(holder))),
                record if patience.is_over() => return Ok(Inspection::Held(left_to_others(record, &mut file, found)?)),
                // A new holder may be about to write.
                _ => pause(),
            }
        }
    }
    Err(never_settles(&path))
}

/// The dead holder on record, if it is its lock that is held, by somebody who inherited its descriptor. If
/// not, the holder is a new one.
fn left_to_others(dead: Option<Box<Holder>>, file: &mut LockFile, found: Stat) -> Result<Option<Box<Holder>>, Fault> {
    let Some(dead) = dead else {
        return Ok(None);
    };
    // While locks of others come and go, the kernel can pass over one in the list: it is read more than once.
    for _ in 0..3 {
        let lockers = lockers(c"/proc/locks", found.identity.inode);
        if !lockers.is_ok_and(|lockers| lockers.iter().all(|locker| *locker == dead.pid)) {
            return Ok(None);
        }
    }
    // A new holder that let go before the list was read is not in it either.
    let is_so_still = !file.try_shared()? && file.content(found.size)?.record().as_ref() == Some(&dead);
    Ok(is_so_still.then_some(dead))
}

/// What [`inspect`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspection {
    /// Nobody holds the lock.
    Free,
    /// Somebody holds it; None: who left no record.
    Held(Option<Box<Holder>>),
    /// Nobody holds it, but the record of the last holder is still there: it died, or was of a program
    /// that never takes its record out, like ralph-core.
    Stale(Box<Holder>),
}

pub(crate) fn acquire_now(mut path: LockPath, record: &mut Record<'_>) -> Result<LockGuard, Fault> {
    let mut patience = Patience::default();
    for _ in 0..START_OVERS {
        let mut file = LockFile::open_or_create(path)?;
        if !take(&mut file, &mut patience)? {
            path = file.path().clone();
            continue;
        }
        match LockGuard::announce(file, record)? {
            Ok(guard) => return Ok(guard),
            Err(again) => path = again,
        }
    }
    Err(never_settles(&path))
}

pub(crate) fn acquire_in_queue(mut path: LockPath, record: &mut Record<'_>) -> Result<LockGuard, Fault> {
    for _ in 0..START_OVERS {
        let mut file = LockFile::open_to_wait(path)?;
        file.exclusive()?;
        match LockGuard::announce(file, record)? {
            Ok(guard) => return Ok(guard),
            Err(again) => path = again,
        }
    }
    Err(never_settles(&path))
}

/// The record in the lock file, or [`LockError::NotFound`] with the reason why there is none.
pub(crate) fn on_record(workspace_root: &Path) -> Result<Box<Holder>, Fault> {
    let not_found = |path: &LockPath, reason| Err(Box::new(LockError::NotFound { path: path.to_owned(), reason }));
    let mut file = match LockFile::open_existing(LockPath::of(workspace_root)?)? {
        Ok(file) => file,
        Err(path) => return not_found(&path, "there is no such file".to_owned()),
    };
    let mut patience = Limit::of(RECORD);
    loop {
        let size = file.stat()?.size;
        match file.content(size)? {
            Content::Record(holder) => return Ok(holder),
            Content::Nothing(reason) => return not_found(file.path(), reason.to_owned()),
            Content::Unreadable(reason) if patience.is_over() => return not_found(file.path(), reason),
            Content::Unreadable(_) => pause(),
        }
    }
}

/// Tries for the lock of an open file until it is ours or somebody else's for sure. False: the file
/// is no longer at its path, so that its lock means nothing; start over.
pub(crate) fn take(file: &mut LockFile, patience: &mut Patience) -> Result<bool, Fault> {
    loop {
        if !file.is_read_only() && file.try_exclusive()? {
            return Ok(true);
        }
        // Somebody has a lock. A holder's is exclusive; one who only asks has a shared one, and so
        // has another acquirer at this very line.
        if file.try_shared()? {
            if let Some(error) = file.take_read_only() {
                return Err(error);
            }
            if file.try_upgrade()? {
                return Ok(true);
            }
            if patience.probers.is_over() {
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
        if record.as_ref().is_some_and(|holder| !holder.is_gone()) {
            return Err(held(file, record));
        }
        // Nobody named, or somebody dead: the holder may be about to write, or be about to give the lock
        // back because the file is not at its path any more.
        if !file.path().leads_to(found.identity)? {
            return Ok(false);
        }
        if patience.record.is_over() {
            let holder = left_to_others(record, file, found)?;
            return Err(held(file, holder));
        }
        pause();
    }
}

fn held(file: &LockFile, holder: Option<Box<Holder>>) -> Fault {
    Box::new(LockError::AlreadyLocked { path: file.path().to_owned(), holder })
}

pub(crate) fn never_settles(path: &LockPath) -> Fault {
    Box::new(LockError::Unsettled { path: path.to_owned() })
}

/// The lock, held. Dropping it gives the lock up; so does the end of the process, however it ends.
///
/// A forked child has a copy of the guard and not the lock: what it does with its copy leaves the
/// lock with its parent.
#[derive(Debug)]
pub struct LockGuard {
    held: Held,
    place: Place,
    /// Who was on record before.
    previous: Option<Box<Holder>>,
}

/// What is to be given up, which dropping it does.
#[derive(Debug)]
pub(crate) struct Held {
    /// None once the lock is given up.
    file: Option<LockFile>,
    /// The process that took the lock, by [`process::instance`].
    owner: u32,
    /// How many bytes of the file are our record.
    record: usize,
}

/// Which file was locked, and where it was: enough to see whether it still is there, without the
/// descriptor.
#[derive(Debug)]
pub(crate) struct Place {
    path: LockPath,
    identity: Identity,
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

    /// Who was on record when the lock was taken: a holder that died, or a program that never takes its
    /// record out, like ralph-core.
    pub fn previous(&self) -> Option<&Holder> {
        self.previous.as_deref()
    }

    /// Gives the lock up and says whether all of it went well. The lock is free in any case.
    pub fn release(mut self) -> Result<(), LockError> {
        Ok(self.held.give_up()?)
    }

    pub(crate) fn into_parts(self) -> (Held, Place, Option<Box<Holder>>) {
        (self.held, self.place, self.previous)
    }

    /// Makes this process, which has just got the flock, the holder on record. Err: somebody
    /// removed or replaced the file between open and flock. Without this comparison two processes
    /// hold two files, each believing that it has the workspace's lock.
    // Inlined, as some others are: a result that is returned was written in pieces just now, and the processor waits
    // for them all before it moves it as a whole, again and again on the way to where it stays.
    #[inline(always)]
    pub(crate) fn announce(mut file: LockFile, record: &mut Record<'_>) -> Result<Result<LockGuard, LockPath>, Fault> {
        let identity = file.identity()?;
        let path = file.path().clone();
        let Some(found) = path.find(identity)? else {
            return Ok(Err(path));
        };
        let record = record.since(clock::wall());
        let place = Place::new(path, identity, &file, record);
        let mut held = Held { file: None, owner: process::instance(), record: 0 };
        // From here on, an error drops what is held, which blanks what was written and unlocks.
        let file = held.file.insert(file);
        let previous = file.clear(found.size)?;
        file.write(record, &mut held.record)?;
        file.publish()?;
        Ok(Ok(LockGuard { held, place, previous }))
    }

    /// Makes this process the holder on record of a lock that another one has handed to it. When that
    /// fails, the lock is left as it is.
    pub(crate) fn inherit(mut file: LockFile, record: &mut Record<'_>, size: u64) -> Result<LockGuard, Fault> {
        let identity = file.identity()?;
        let record = record.since(clock::wall());
        let place = Place::new(file.path().clone(), identity, &file, record);
        let mut length = 0;
        let written = file
            .blank(usize::try_from(size).unwrap_or(usize::MAX))
            .and_then(|()| file.write(record, &mut length))
            .and_then(|()| file.publish());
        if let Err(fault) = written {
            // The old holder has it still. Nobody is on record then, rather than half a name.
            let _ = file.blank(length);
            file.abandon();
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
        file.abandon();
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
            file.abandon();
            Ok(())
        } else {
            // First the record: the moment the lock is free, the next holder may write its own. Then the
            // lock, explicitly: closing leaves it with every child that inherited the descriptor.
            let blanked = file.take_back(self.record);
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

impl Place {
    // Inlined: as LockGuard::announce.
    #[inline(always)]
    fn new(path: LockPath, identity: Identity, file: &LockFile, record: &[u8]) -> Place {
        let on_record = if file.is_shared() { Holder::parse(record).ok() } else { None };
        Place { path, identity, on_record }
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
        let mut patience = Limit::of(OLD_TEXT);
        loop {
            match inspect(self.path.clone())? {
                Inspection::Held(Some(holder)) if holder == *ours => return Ok(true),
                // Who else has it, if it is not us? A text that was there before ours says nothing.
                Inspection::Held(_) if !patience.is_over() => drop(clock::sleep(LOOK_AGAIN)),
                _ => return Ok(false),
            }
        }
    }
}
