//! Finds the processes that keep a lock: the holder on record, or those that inherited its descriptor.

use std::io;
use std::path::Path;

use crate::error::{Fault, LockError};
use crate::lock::{Inspection, LockPath, LockedFile, inspect};
use crate::process::{all_processes, has_lock, shows_our_numbers};

/// The processes that have a descriptor with the exclusive lock of the lock file, as far as the system shows them.
/// Reads every descriptor of every process.
pub(crate) fn find_keepers(root: &Path, lock_file: Option<&Path>) -> Result<Vec<u32>, Fault> {
    let path = LockPath::within(root, lock_file)?;
    // macOS and FreeBSD mark a descriptor that was locked, and keep the mark when the lock is free: so first find out
    // whether the lock is held. The descriptors for that are closed before those of this process are looked at.
    if cfg!(kinfo) && !matches!(inspect(LockPath::within(root, lock_file)?)?, Inspection::Held(_)) {
        return Ok(Vec::new());
    }
    let failed = |error: io::Error| match error.raw_os_error() {
        // There is no /proc, or it lists no processes.
        None | Some(libc::ENOENT) => Box::new(LockError::UnsupportedPlatform),
        _ => path.failed("look for the keepers of", error),
    };
    let mut file = LockedFile::open_existing(&path)?;
    let mut locks = Vec::new();
    if let Some(file) = &file {
        locks.push(file.lock_id().map_err(failed)?);
    }
    // A holder of the workspace's own lock has locked the root too.
    let identity = file.as_mut().map(LockedFile::identity).transpose()?;
    if path.is_own(identity) && path.find_root()?.is_some() {
        locks.extend(path.root_lock_id().map_err(failed)?);
    }
    if locks.is_empty() {
        return Ok(Vec::new());
    }
    // The pids in another pid namespace's /proc mean other processes here.
    if !shows_our_numbers().map_err(failed)? {
        return Err(Box::new(LockError::UnsupportedPlatform));
    }
    let mut keepers = Vec::new();
    for pid in all_processes().map_err(failed)? {
        match has_lock(pid, &locks) {
            Ok(true) => keepers.push(pid),
            Ok(false) => {}
            // The caller may not see the descriptors of another user's process.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM)) => {}
            // After any other error a keeper could be missing.
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(keepers)
}
