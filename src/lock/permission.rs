//! Explains a permission error: what forbids the use of the file or directory, and the remedy.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::sys::access;

/// The explanation is about the lock file, or about the nearest directory above it that the caller can look at. None:
/// there is none.
pub(super) fn explain(lock_file: &Path, os_code: i32) -> Option<String> {
    // A caller that may not search the current directory can still look at it from above.
    let lock_file = std::path::absolute(lock_file).ok()?;
    let (path, found) = lock_file.ancestors().find_map(|path| Some((path, path.symlink_metadata().ok()?)))?;
    if os_code == libc::EPERM {
        // A refusal because of owner or mode is EACCES, open(2).
        let tool = if cfg!(linux) { "chattr(1)" } else { "chflags(1)" };
        return Some(path.display().to_string() + " may be immutable or append-only, see " + tool);
    }
    let (path, mode, caller) = (path.display(), found.mode() & 0o7777, access::effective_user());
    Some(format!(
        "{path} belongs to user {} and group {}, mode {mode:04o}, and this process is user {caller}; \
         its owner can allow more, for instance with chmod g+w {path}",
        found.uid(),
        found.gid()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_permission_error_has_its_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("missing/lock");
        let of = |code| explain(&file, code).unwrap();
        assert!(of(libc::EACCES).contains("chmod g+w") && !of(libc::EACCES).contains("immutable"));
        assert!(of(libc::EPERM).contains("immutable") && !of(libc::EPERM).contains("chmod"));
        assert!(of(libc::EPERM).starts_with(folder.path().to_str().unwrap()), "the nearest that exists");
    }
}
