//! Which processes really keep a lock? The holder on record, or those that inherited its descriptor.

use std::io;
use std::path::Path;

use crate::error::{Fault, LockError};
use crate::lock::{LockPath, LockedFile};
use crate::process::{has_lock, shows_our_numbers};
use crate::sys::file::numbers_in;

/// The processes that have a descriptor with the exclusive lock of the lock file, as far as /proc shows
/// them. It looks at every descriptor of every process.
pub(crate) fn find_keepers(root: &Path, lock_file: Option<&Path>) -> Result<Vec<u32>, Fault> {
    let path = LockPath::within(root, lock_file)?;
    let failed = |error: io::Error| match error.raw_os_error() {
        // No /proc, or none with processes.
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
    // Another pid namespace's /proc has the processes under numbers that mean others here.
    if !shows_our_numbers().map_err(failed)? {
        return Err(Box::new(LockError::UnsupportedPlatform));
    }
    let mut keepers = Vec::new();
    for pid in numbers_in(c"/proc").map_err(failed)? {
        match has_lock(pid, &locks) {
            Ok(true) => keepers.push(pid),
            Ok(false) => {}
            // Another user's process keeps nothing that the caller may see.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM)) => {}
            // With any other error a keeper could be missing.
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(keepers)
}
