//! Explains a permission error: the owner and mode of the file or directory, and the remedy.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::sys::access;

/// About the lock file, or about the nearest directory above it that the caller can look at. None: there is none.
pub(super) fn explain(lock_file: &Path) -> Option<String> {
    // A caller that may not search the current directory can still look at it from above.
    let lock_file = std::path::absolute(lock_file).ok()?;
    let (path, found) = lock_file.ancestors().find_map(|path| Some((path, path.symlink_metadata().ok()?)))?;
    let (path, mode, caller) = (path.display(), found.mode() & 0o7777, access::effective_user());
    Some(format!(
        "{path} belongs to user {} and group {}, mode {mode:04o}, and this process is user {caller}; \
         its owner can allow more, for instance with chmod g+w {path}",
        found.uid(),
        found.gid()
    ))
}
