//! Determines what locks are worth on a file system: tries them, and asks the kernel for the file system's type.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use crate::error::Fault;
use crate::lock::LockPath;
use crate::sys::filesystem::Filesystem;
use crate::sys::{clock, file, flock, mount, process};

/// What a lock on the file system of the workspace's lock file is worth.
pub(crate) fn probe_filesystem(workspace_root: &Path) -> Result<Filesystem, Fault> {
    let folder = LockPath::of(workspace_root)?.folder()?;
    let scratch = scratch_file(&folder).map_err(|error| folder.failed("make a file in", error))?;
    match exclude_each_other(&scratch) {
        Ok(true) => mount::filesystem(scratch[0].as_fd()).map_err(|error| folder.failed("look at", error)),
        Ok(false) => Ok(Filesystem::NoLocks),
        Err(error) if says_no_locks(&error) => Ok(Filesystem::NoLocks),
        Err(error) => Err(folder.failed("lock a file in", error)),
    }
}

/// A new file without a name, opened twice. It ends when both are closed, also by a crash.
fn scratch_file(folder: &LockPath) -> io::Result<[OwnedFd; 2]> {
    file::open_nameless(folder.as_c_str()).or_else(|_| {
        // Without O_TMPFILE the file has a name for an instant: a crash before the removal leaves it behind.
        let number = clock::wall().as_nanos();
        let path = format!("/.ralph_lock_probe.{}.{number}", process::id());
        let path = CString::new([folder.as_c_str().to_bytes(), path.as_bytes()].concat())?;
        let first = file::create_new(None, &path)?;
        let second = file::open_read_write(None, &path);
        file::remove(None, &path)?;
        Ok([first, second?])
    })
}

/// Whether the second descriptor of a file is refused while the first has the lock.
fn exclude_each_other([first, second]: &[OwnedFd; 2]) -> io::Result<bool> {
    Ok(flock::try_exclusive(first.as_fd())? && !flock::try_exclusive(second.as_fd())?)
}

fn says_no_locks(error: &io::Error) -> bool {
    let codes = [libc::ENOLCK, libc::ENOSYS, libc::EOPNOTSUPP, libc::ENOTSUP];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}
