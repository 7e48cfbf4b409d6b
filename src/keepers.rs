//! Which processes really keep a lock? The holder on record, or those that inherited its descriptor.

use std::ffi::CString;
use std::path::Path;

use crate::LockError;
use crate::error::Fault;
use crate::lock_file::LockFile;
use crate::lock_path::LockPath;
use crate::process::lockers;
use crate::sys::file::{Identity, numbers_in, stat_target};

/// The processes that have a descriptor with the exclusive lock of the lock file, as far as /proc shows
/// them. It looks at every descriptor of every process.
pub(crate) fn find_keepers(root: &Path) -> Result<Vec<u32>, Fault> {
    let path = LockPath::of(root)?;
    let Some(mut file) = LockFile::open_existing(&path)? else {
        return Ok(Vec::new());
    };
    let identity = file.identity()?;
    // Where there is another /proc, or none, one cannot tell.
    let processes = if cfg!(linux) { numbers_in(c"/proc").ok() } else { None };
    let processes = processes.ok_or_else(|| Box::new(LockError::UnsupportedPlatform))?;
    Ok(processes.into_iter().filter(|pid| keeps(*pid, identity)).collect())
}

/// A process that ends meanwhile, or belongs to another user, keeps nothing that we see.
fn keeps(pid: u32, identity: Identity) -> bool {
    let folder = |name: &str, number: &str| CString::new(format!("/proc/{pid}/{name}/{number}")).unwrap_or_default();
    let descriptors = numbers_in(&folder("fd", "")).unwrap_or_default();
    descriptors.iter().map(u32::to_string).any(|number| {
        stat_target(&folder("fd", &number)).is_ok_and(|found| found.identity == identity)
            && !lockers(&folder("fdinfo", &number), identity.inode).unwrap_or_default().is_empty()
    })
}
