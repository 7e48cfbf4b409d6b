//! Which processes really keep a lock? The holder on record, or those that inherited its descriptor.

use std::io;
use std::path::Path;

use crate::error::{Fault, LockError};
use crate::lock::{LockPath, LockedFile};
use crate::process::{has_lock, is_ours};
use crate::sys::file::numbers_in;

/// The processes that have a descriptor with the exclusive lock of the lock file, as far as /proc shows
/// them. It looks at every descriptor of every process.
pub(crate) fn find_keepers(root: &Path, lock_file: Option<&Path>) -> Result<Vec<u32>, Fault> {
    let Ok(file) = LockedFile::open_existing(LockPath::within(root, lock_file)?)? else {
        return Ok(Vec::new());
    };
    let failed = |error: io::Error| match error.raw_os_error() {
        // No /proc, or none with processes.
        None | Some(libc::ENOENT) => Box::new(LockError::UnsupportedPlatform),
        _ => file.path().failed("look for the keepers of", error),
    };
    let lock = file.lock_id().map_err(failed)?;
    // Another pid namespace's /proc has the processes under numbers that mean others here.
    if !is_ours() {
        return Err(Box::new(LockError::UnsupportedPlatform));
    }
    let mut keepers = Vec::new();
    for pid in numbers_in(c"/proc").map_err(failed)? {
        match has_lock(pid, &[lock]) {
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
