//! Where the lock file is, and what can be asked and said of that place.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::error::{Fault, LockError};
use crate::record::LOCK_FILE;
use crate::sys::file::{self, FileId, Kind, Stat};

/// Where a lock file is, or should be.
#[derive(Debug, Clone)]
pub(crate) struct LockPath {
    path: CString,
    /// How many bytes of it are the workspace root.
    root: usize,
}

impl LockPath {
    /// The lock file of a workspace.
    pub(crate) fn of(workspace_root: &Path) -> Result<LockPath, Fault> {
        LockPath::join(workspace_root, Path::new(LOCK_FILE))
    }

    /// That lock file below a workspace root; None for the workspace's own.
    pub(crate) fn within(workspace_root: &Path, lock_file: Option<&Path>) -> Result<LockPath, Fault> {
        let Some(chosen) = lock_file else {
            return LockPath::of(workspace_root);
        };
        check_lock_file(chosen)?;
        LockPath::join(workspace_root, chosen)
    }

    fn join(workspace_root: &Path, lock_file: &Path) -> Result<LockPath, Fault> {
        let invalid = |message: &str| Err(LockError::invalid(message));
        if workspace_root.as_os_str().is_empty() {
            return invalid("the workspace root is empty; \".\" is the current directory");
        }
        let (root, lock_file) = (workspace_root.as_os_str().as_bytes(), lock_file.as_os_str().as_bytes());
        // With room for all that comes, the two bytes between and at the end included.
        let mut path = Vec::with_capacity(root.len() + lock_file.len() + 2);
        path.extend_from_slice(root);
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(lock_file);
        match CString::new(path) {
            Ok(path) => Ok(LockPath { path, root: root.len() }),
            Err(_) => invalid("a path has a NUL byte inside"),
        }
    }

    pub(crate) fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(self.path.to_bytes()))
    }

    /// For an error, which outlives the file.
    #[inline(never)]
    pub(crate) fn to_owned(&self) -> PathBuf {
        self.as_path().to_owned()
    }

    pub(crate) fn as_c_str(&self) -> &CStr {
        &self.path
    }

    /// What that file is like now, if the path leads to it. While a descriptor keeps the file alive, no
    /// other file can have its identity.
    pub(crate) fn find(&self, identity: FileId) -> Result<Option<Stat>, Fault> {
        match file::stat_path(&self.path) {
            Ok(found) => Ok((found.identity == identity).then_some(found)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.failed("look at", error)),
        }
    }

    /// Whether the path leads to that file now.
    pub(crate) fn leads_to(&self, identity: FileId) -> Result<bool, Fault> {
        Ok(self.find(identity)?.is_some())
    }

    /// The error for a system call on this path that failed.
    pub(crate) fn failed(&self, action: &'static str, source: io::Error) -> Fault {
        let path = self.to_owned();
        match source.raw_os_error() {
            Some(libc::ENAMETOOLONG) => LockError::invalid(format!("the path is too long: {}", path.display())),
            Some(code) if [libc::ENOSYS, libc::EOPNOTSUPP, libc::ENOTSUP].contains(&code) => {
                Box::new(LockError::UnsupportedFilesystem { path, source })
            }
            _ => Box::new(LockError::Io { action, path, source }),
        }
    }

    pub(crate) fn not_regular(&self, kind: Kind) -> Fault {
        let (kind, os_code) = match kind {
            Kind::SymbolicLink => ("a symbolic link", libc::ELOOP),
            Kind::Directory => ("a directory", libc::EISDIR),
            Kind::Fifo => ("a FIFO", libc::EINVAL),
            Kind::Socket => ("a socket", libc::EINVAL),
            Kind::Device | Kind::Regular => ("a device", libc::EINVAL),
        };
        Box::new(LockError::NotRegular { path: self.to_owned(), kind, os_code })
    }

    /// Makes the directories between the workspace root and the file. The root itself is not made: one
    /// that does not exist is a mistake to report.
    pub(crate) fn make_parents(&self) -> Result<(), Fault> {
        let bytes = self.path.to_bytes();
        let ends = (self.root + 1..bytes.len()).filter(|end| bytes[*end] == b'/' && bytes[*end - 1] != b'/');
        for end in ends {
            let parent = self.beginning(end);
            file::make_directory(&parent.path).map_err(|error| parent.failed("create", error))?;
        }
        Ok(())
    }

    /// The folder that the lock file is in. While there is none, the workspace root, where it will be made.
    pub(crate) fn folder(&self) -> Result<LockPath, Fault> {
        let bytes = self.path.to_bytes();
        let folder = self.beginning(bytes.iter().rposition(|byte| *byte == b'/').unwrap_or(self.root));
        match file::stat_target(&folder.path) {
            Ok(_) => Ok(folder),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(self.beginning(self.root)),
            Err(error) => Err(folder.failed("look at", error)),
        }
    }

    fn beginning(&self, end: usize) -> LockPath {
        // A part of a path without NUL has none.
        let beginning = CString::new(&self.path.to_bytes()[..end]).unwrap_or_default();
        LockPath { path: beginning, root: self.root }
    }
}

/// Nothing is there, or nothing can be.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR))
}

/// Refuses a lock file that is not below the workspace root.
pub(crate) fn check_lock_file(lock_file: &Path) -> Result<(), Fault> {
    let mut parts = lock_file.components();
    let inside = parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    // Not "name/" or "name/.", which file_name() takes for "name": that is a directory.
    let bytes = lock_file.as_os_str().as_encoded_bytes();
    let named = lock_file.file_name().is_some_and(|name| bytes.ends_with(name.as_encoded_bytes()));
    if inside && named {
        return Ok(());
    }
    Err(LockError::invalid("the lock file must be a path below the workspace root, without \"..\""))
}
