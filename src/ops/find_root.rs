//! Finds the workspace that a directory belongs to.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Fault, LockError};
use crate::lock::is_locked;
use crate::record::LOCK_FILE;

/// S_ISVTX, inode(7).
const STICKY: u32 = 0o1000;

/// Repeats a system call that a signal handler interrupts.
fn repeat<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The metadata of a path. None: nothing that the caller may see is there. Any other error is reported, because
/// continuing above it could return another workspace.
fn look(call: impl FnMut() -> io::Result<Metadata>) -> io::Result<Option<Metadata>> {
    match repeat(call) {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::EACCES | libc::EPERM) => Ok(None),
            _ => Err(error),
        },
    }
}

/// The nearest directory at or above `start` that is a git work tree, or whose lock is held. Without a work tree, the
/// nearest one with a lock file.
pub(crate) fn find_root(start: &Path) -> Result<PathBuf, Fault> {
    if start.as_os_str().is_empty() {
        return Err(LockError::invalid("the start directory is empty; \".\" is the current directory"));
    }
    let failed = |source: io::Error| match source.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR) => Box::new(LockError::NoDirectory { path: start.to_owned(), source }),
        Some(libc::ENAMETOOLONG) => LockError::too_long(start),
        _ => Box::new(LockError::Io { action: "look at", path: start.to_owned(), source }),
    };
    let found = repeat(|| start.metadata()).map_err(failed)?;
    if !found.is_dir() {
        return Err(failed(io::Error::from_raw_os_error(libc::ENOTDIR)));
    }
    let start_directory = repeat(|| start.canonicalize()).map_err(failed)?;
    let mut with_lock_file = None;
    for directory in start_directory.ancestors() {
        let Some(status) = look(|| directory.metadata()).map_err(failed)? else {
            break;
        };
        // A mount boundary ends the search, as it does for git.
        if status.dev() != found.dev() {
            break;
        }
        // A directory that every user may write to, like /tmp, is not a workspace, whatever other users put there.
        if status.mode() & STICKY != 0 {
            continue;
        }
        let git = look(|| directory.join(".git").metadata()).map_err(failed)?;
        if git.is_some_and(|git| git.is_dir() || git.is_file()) {
            return Ok(directory.to_owned());
        }
        let lock_file = look(|| directory.join(LOCK_FILE).symlink_metadata()).map_err(failed)?;
        let has_lock_file = lock_file.is_some_and(|file| file.is_file());
        // A lock file that the caller may not read does not make a workspace for the caller.
        let is_held = || match is_locked(directory) {
            Err(fault) if matches!(fault.os_code(), Some(libc::EACCES | libc::EPERM)) => Ok(false),
            held => held,
        };
        if has_lock_file && is_held()? {
            return Ok(directory.to_owned());
        }
        if has_lock_file && with_lock_file.is_none() {
            with_lock_file = Some(directory.to_owned());
        }
    }
    let reason =
        || "it belongs to no workspace: neither it nor a directory above it has .git or .ralph/loop.lock".to_owned();
    with_lock_file.ok_or_else(|| Box::new(LockError::NotFound { path: start_directory.clone(), reason: reason() }))
}
