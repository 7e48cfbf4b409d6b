//! Which workspace does a directory belong to?

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Fault, LockError};
use crate::lock::is_locked;
use crate::record::LOCK_FILE;

/// S_ISVTX, inode(7).
const STICKY: u32 = 0o1000;

/// The nearest directory at or above `start` that is a git work tree, or whose lock is held. Without a work tree, the
/// nearest one with a lock file.
pub(crate) fn find_root(start: &Path) -> Result<PathBuf, Fault> {
    if start.as_os_str().is_empty() {
        return Err(LockError::invalid("the start directory is empty; \".\" is the current directory"));
    }
    let failed = |source: io::Error| match source.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR) => Box::new(LockError::NoDirectory { path: start.to_owned(), source }),
        _ => Box::new(LockError::Io { action: "look at", path: start.to_owned(), source }),
    };
    let start_directory = start.canonicalize().map_err(failed)?;
    let found = start_directory.metadata().map_err(failed)?;
    if !found.is_dir() {
        return Err(failed(io::Error::from_raw_os_error(libc::ENOTDIR)));
    }
    let mut with_lock_file = None;
    for directory in start_directory.ancestors() {
        let Ok(status) = directory.metadata() else {
            break;
        };
        // Beyond a mount boundary begins another project, as for git.
        if status.dev() != found.dev() {
            break;
        }
        // A directory that everybody may write to, like /tmp, is no workspace, whatever others put there.
        if status.mode() & STICKY != 0 {
            continue;
        }
        let is_work_tree = directory.join(".git").metadata().is_ok_and(|git| git.is_dir() || git.is_file());
        let has_lock_file = directory.join(LOCK_FILE).symlink_metadata().is_ok_and(|file| file.is_file());
        if is_work_tree || has_lock_file && is_locked(directory).unwrap_or(false) {
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
