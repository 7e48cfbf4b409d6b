//! Hands a held lock to another process: guard to descriptor, descriptor to guard.
//!
//! flock(2) belongs to the open file, not to a process: a process with a copy of the descriptor has the lock,
//! and it is free once the last copy is closed. So the lock goes where the descriptor goes, through fork,
//! exec or a Unix socket, and is never free in between. The record names the old holder until the new one
//! has adopted the descriptor.

use std::os::fd::{AsFd, IntoRawFd, OwnedFd};
use std::path::Path;

use crate::error::{Fault, LockError};
use crate::lock::{Backoff, LockGuard, LockPath, LockedFile, contend};
use crate::record::Record;
use crate::sys::file::{self, Kind};
use crate::wait::AcquireOptions;

impl LockGuard {
    /// Ends the guard and returns its lock as a descriptor that child processes inherit. The lock is held while any
    /// copy of the descriptor is open.
    ///
    /// On failure the lock is released.
    pub fn into_fd(self) -> Result<OwnedFd, LockError> {
        self.to_fd()
    }

    /// As [`LockGuard::into_fd`], except that the guard keeps the lock on failure. On success it holds nothing
    /// afterwards.
    pub fn to_fd(&self) -> Result<OwnedFd, LockError> {
        self.take_fd()?.ok_or_else(|| *LockError::invalid("the guard has ended"))
    }

    /// Makes a guard of a descriptor from [`LockGuard::into_fd`], here or in another process, and makes this process
    /// the holder on record. Only the options' lock file is used. On failure the descriptor is returned with the error,
    /// and with its lock.
    pub fn adopt(
        workspace_root: impl AsRef<Path>,
        prompt: &str,
        options: &AcquireOptions,
        fd: OwnedFd,
    ) -> Result<LockGuard, (LockError, OwnedFd)> {
        adopt(workspace_root.as_ref(), prompt, options, fd).map_err(|(fault, fd)| (*fault, fd))
    }
}

/// The same for a descriptor passed as a number, which stays the caller's on failure.
pub(crate) fn adopt_number(root: &Path, prompt: &str, options: &AcquireOptions, fd: i32) -> Result<LockGuard, Fault> {
    let fd = file::own(fd).map_err(|_| LockError::invalid(format!("{fd} is not an open descriptor")))?;
    adopt(root, prompt, options, fd).map_err(|(fault, fd)| {
        let _ = fd.into_raw_fd();
        fault
    })
}

/// Ends the guard and returns the number of its descriptor. None: it has ended before.
pub(crate) fn take_number(guard: &LockGuard) -> Result<Option<i32>, Fault> {
    Ok(guard.take_fd()?.map(IntoRawFd::into_raw_fd))
}

fn adopt(root: &Path, prompt: &str, options: &AcquireOptions, fd: OwnedFd) -> Result<LockGuard, (Fault, OwnedFd)> {
    match try_adopt(root, prompt, options, &fd) {
        Ok(guard) => Ok(guard),
        Err(fault) => Err((fault, fd)),
    }
}

/// The guard gets a close-on-exec copy. On success the other one is closed.
fn try_adopt(root: &Path, prompt: &str, options: &AcquireOptions, fd: &OwnedFd) -> Result<LockGuard, Fault> {
    let path = LockPath::within(root, options.lock_file.as_deref())?;
    let mut record = Record::new(prompt).map_err(LockError::invalid)?;
    if !file::is_read_write(fd.as_fd()).map_err(|error| path.failed("adopt a descriptor of", error))? {
        return Err(LockError::invalid("the descriptor is not open for reading and writing, or it appends (O_APPEND)"));
    }
    path.resolve()?;
    let found = file::stat(fd.as_fd()).map_err(|error| path.failed("look at", error))?;
    if !path.leads_to(found.identity)? {
        if found.kind == Kind::Regular && found.links == 0 {
            return Err(Box::new(LockError::Lost { path: path.to_owned() }));
        }
        let message = format!("the descriptor is another file, not {}", path.as_path().display());
        return Err(LockError::invalid(message));
    }
    let copy = fd.try_clone().map_err(|error| path.failed("adopt a descriptor of", error))?;
    let mut file = LockedFile::adopt(copy, &path);
    file.identity()?;
    // It has the lock already, or takes it like any other caller: the lock is never free in between.
    match contend(&mut file, &mut Backoff::default()) {
        Ok(true) => {
            let inherited = LockGuard::inherit(file, &mut record)?;
            inherited.ok_or_else(|| Box::new(LockError::Lost { path: path.to_owned() }))
        }
        contended => {
            // The lock stays with the descriptor.
            file.disown();
            Err(contended.err().unwrap_or_else(|| Box::new(LockError::Lost { path: path.to_owned() })))
        }
    }
}
