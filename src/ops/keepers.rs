//! Which processes really keep a lock? The holder on record, or those that inherited its descriptor.

use std::ffi::CString;
use std::io;
use std::path::Path;

use crate::error::{Fault, LockError};
use crate::lock::{LockPath, LockedFile};
use crate::process::owners;
use crate::sys::file::{FileId, numbers_in, stat_target};
use crate::sys::process;

/// The processes that have a descriptor with the exclusive lock of the lock file, as far as /proc shows
/// them. It looks at every descriptor of every process.
pub(crate) fn find_keepers(root: &Path, lock_file: Option<&Path>) -> Result<Vec<u32>, Fault> {
    let Ok(mut file) = LockedFile::open_existing(LockPath::within(root, lock_file)?)? else {
        return Ok(Vec::new());
    };
    let identity = file.identity()?;
    let failed = |error: io::Error| match error.raw_os_error() {
        Some(libc::ENOENT) => Box::new(LockError::UnsupportedPlatform),
        _ => file.path().failed("look for the keepers of", error),
    };
    // Where there is another /proc, or none, one cannot tell.
    if !cfg!(linux) {
        return Err(Box::new(LockError::UnsupportedPlatform));
    }
    // An empty /proc has no processes, and another pid namespace's has them under numbers that mean others here.
    let own = CString::new(format!("/proc/self/task/{}", process::id())).unwrap_or_default();
    stat_target(&own).map_err(failed)?;
    let mut keepers = Vec::new();
    for pid in numbers_in(c"/proc").map_err(failed)? {
        if keeps(pid, identity).map_err(failed)? {
            keepers.push(pid);
        }
    }
    Ok(keepers)
}

fn keeps(pid: u32, identity: FileId) -> io::Result<bool> {
    let folder = |name: &str, number: &str| CString::new(format!("/proc/{pid}/{name}/{number}")).unwrap_or_default();
    for number in seen(numbers_in(&folder("fd", "")))?.unwrap_or_default() {
        let number = number.to_string();
        let is_open = seen(stat_target(&folder("fd", &number)))?.is_some_and(|found| found.identity == identity);
        if is_open && seen(owners(&folder("fdinfo", &number), identity.inode))?.is_some_and(|pids| !pids.is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A process that ends meanwhile, or belongs to another user, keeps nothing that we see. With any other error
/// it is we who do not see, and a keeper could be missing.
fn seen<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found.as_ref().err().and_then(io::Error::raw_os_error) {
        Some(libc::ENOENT | libc::ESRCH | libc::EACCES | libc::EPERM) => Ok(None),
        _ => found.map(Some),
    }
}
