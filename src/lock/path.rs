//! The place of the lock file: its root, its path, and what is there.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::permission;
use super::root::Root;
use crate::error::{Fault, LockError};
use crate::process::LockId;
use crate::record::LOCK_FILE;
use crate::sys::file::{self, Below, FileId, Kind, Stat};

/// Where a lock file is, or should be. Clones mean the same place and resolve the root once: from then on everything is
/// looked up below its descriptor, whatever is renamed and wherever the process changes its directory.
#[derive(Debug, Clone)]
pub(crate) struct LockPath(Arc<Place>);

#[derive(Debug)]
struct Place {
    /// As given.
    path: CString,
    /// The length of the workspace root in it.
    root_length: usize,
    /// The offset at which the lock file's path below the root begins.
    name: usize,
    /// Whether the caller chose the file: then it is not the workspace's own lock, except under another name.
    is_chosen: bool,
    root: OnceLock<Root>,
}

impl LockPath {
    /// The lock file of a workspace.
    pub(crate) fn of(workspace_root: &Path) -> Result<LockPath, Fault> {
        LockPath::join(workspace_root, Path::new(LOCK_FILE), false)
    }

    /// A lock file below a workspace root. `lock_file`: None for the workspace's own.
    pub(crate) fn within(workspace_root: &Path, lock_file: Option<&Path>) -> Result<LockPath, Fault> {
        let Some(chosen) = lock_file else {
            return LockPath::of(workspace_root);
        };
        check_lock_file(chosen)?;
        LockPath::join(workspace_root, chosen, !is_same(chosen, Path::new(LOCK_FILE)))
    }

    fn join(workspace_root: &Path, lock_file: &Path, is_chosen: bool) -> Result<LockPath, Fault> {
        let invalid = |message: &str| Err(LockError::invalid(message));
        if workspace_root.as_os_str().is_empty() {
            return invalid("the workspace root is empty; \".\" is the current directory");
        }
        let (root, lock_file) = (workspace_root.as_os_str().as_bytes(), lock_file.as_os_str().as_bytes());
        // Room for both parts, the slash and the NUL.
        let mut path = Vec::with_capacity(root.len() + lock_file.len() + 2);
        path.extend_from_slice(root);
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        let name = path.len();
        path.extend_from_slice(lock_file);
        match CString::new(path) {
            Ok(path) => Ok(LockPath::at(path, root.len(), name, is_chosen, OnceLock::new())),
            Err(_) => invalid("the path contains a NUL byte"),
        }
    }

    fn at(path: CString, root_length: usize, name: usize, is_chosen: bool, root: OnceLock<Root>) -> LockPath {
        LockPath(Arc::new(Place { path, root_length, name, is_chosen, root }))
    }

    /// The same place with its own descriptor of the root, on which a lock can be tried.
    pub(super) fn with_root(&self, root: Root) -> LockPath {
        let place = &self.0;
        LockPath::at(place.path.clone(), place.root_length, place.name, place.is_chosen, OnceLock::from(root))
    }

    pub(crate) fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(self.0.path.to_bytes()))
    }

    /// For an error, which outlives the file.
    #[inline(never)]
    pub(crate) fn to_owned(&self) -> PathBuf {
        self.as_path().to_owned()
    }

    pub(crate) fn as_c_str(&self) -> &CStr {
        &self.0.path
    }

    /// The workspace root as it was given.
    pub(crate) fn root_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0.path.to_bytes()[..self.0.root_length]))
    }

    /// The root, if resolved.
    pub(super) fn root(&self) -> Option<&Root> {
        self.0.root.get()
    }

    /// The root, resolved now if it was not before.
    pub(super) fn open_root(&self) -> io::Result<&Root> {
        if let Some(root) = self.0.root.get() {
            return Ok(root);
        }
        let path = CString::new(&self.0.path.to_bytes()[..self.0.root_length])?;
        let root = Root::open(&path)?;
        Ok(self.0.root.get_or_init(|| root))
    }

    /// Resolves the root before anything else.
    pub(crate) fn resolve(&self) -> Result<(), Fault> {
        self.open_root().map(drop).map_err(|error| self.root_failed("open", error))
    }

    /// Whether the root's descriptor outlives the call.
    pub(crate) fn keep_root(&self, kept: bool) {
        if let Some(root) = self.root() {
            root.keep(kept);
        }
    }

    /// Whether the root's descriptor is still the root, if it is open.
    pub(crate) fn root_is_same(&self) -> bool {
        self.root().is_none_or(Root::is_same)
    }

    /// The root's identity. None: it is missing.
    pub(crate) fn find_root(&self) -> Result<Option<FileId>, Fault> {
        match self.open_root() {
            Ok(root) => Ok(root.identity()),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.root_failed("open", error)),
        }
    }

    /// The root as the kernel names it in its lists of locks.
    pub(crate) fn root_lock_id(&self) -> io::Result<Option<LockId>> {
        self.root().and_then(Root::below).map(LockId::of).transpose()
    }

    /// The root's identity, once resolved.
    pub(crate) fn root_identity(&self) -> Option<FileId> {
        self.root().and_then(Root::identity)
    }

    /// The identity of the lock, whatever the spelling of its path: the root, and the path below it. None: the root is
    /// not open.
    pub(crate) fn place(&self) -> Option<(FileId, PathBuf)> {
        let name = Path::new(OsStr::from_bytes(&self.0.path.to_bytes()[self.0.name..]));
        Some((self.root_identity()?, name.components().filter(|part| *part != Component::CurDir).collect()))
    }

    /// The same path, whose root is not open.
    pub(crate) fn without_root(&self) -> LockPath {
        let place = &self.0;
        LockPath::at(place.path.clone(), place.root_length, place.name, place.is_chosen, OnceLock::new())
    }

    /// The same path below another descriptor of that one's root.
    pub(crate) fn below_root_of(&self, other: &LockPath) -> Result<LockPath, Fault> {
        match other.root().map(Root::open_again) {
            Some(Ok(root)) => Ok(self.with_root(root)),
            Some(Err(error)) => Err(self.root_failed("open", error)),
            None => Ok(self.clone()),
        }
    }

    /// Moves the root's descriptor above that one. When a process is killed, the kernel closes its descriptors from the
    /// highest down, and closing an inotify descriptor can delay it for 30 ms before it reaches the lock.
    pub(crate) fn move_root_above(&mut self, number: i32) {
        // If it fails, the lock works just as well.
        if let Some(moved) = self.root().and_then(|root| root.above(number).ok()) {
            *self = self.with_root(moved);
        }
    }

    /// Whether the root is still at its path. True for a relative path: the process may have changed its directory.
    pub(super) fn root_is_in_place(&self) -> Result<bool, Fault> {
        let Some(identity) = self.root_identity().filter(|_| self.0.path.to_bytes().starts_with(b"/")) else {
            return Ok(true);
        };
        let path = CString::new(&self.0.path.to_bytes()[..self.0.root_length]).unwrap_or_default();
        match file::stat_target(&path) {
            Ok(found) => Ok(found.identity == identity),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(self.root_failed("look at", error)),
        }
    }

    /// The directory and the path by which the file is looked up.
    fn lookup(&self) -> (Below<'_>, &CStr) {
        let bytes = self.0.path.as_bytes_with_nul();
        match self.root().and_then(Root::below) {
            // The tail of a text without NUL has none.
            Some(root) => (Some(root), CStr::from_bytes_with_nul(&bytes[self.0.name..]).unwrap_or_default()),
            None => (None, &self.0.path),
        }
    }

    pub(super) fn open_read_write(&self) -> io::Result<OwnedFd> {
        let (below, path) = self.lookup();
        file::open_read_write(below, path)
    }

    pub(super) fn open_read_only(&self) -> io::Result<OwnedFd> {
        let (below, path) = self.lookup();
        file::open_read_only(below, path)
    }

    pub(super) fn create_new(&self) -> io::Result<OwnedFd> {
        let (below, path) = self.lookup();
        file::create_new(below, path)
    }

    /// What is in the lock file's place.
    pub(super) fn stat(&self) -> io::Result<Stat> {
        let (below, path) = self.lookup();
        file::stat_path(below, path)
    }

    /// The file's present state, if the path leads to it. While a descriptor keeps it alive, no other file can have its
    /// identity.
    pub(crate) fn find(&self, identity: FileId) -> Result<Option<Stat>, Fault> {
        match self.stat() {
            Ok(found) => Ok((found.identity == identity).then_some(found)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.failed("look at", error)),
        }
    }

    /// Whether the path leads to that file now.
    pub(crate) fn leads_to(&self, identity: FileId) -> Result<bool, Fault> {
        Ok(self.find(identity)?.is_some())
    }

    /// Whether nothing is in the file's place.
    pub(crate) fn is_vacant(&self) -> Result<bool, Fault> {
        match self.stat() {
            Ok(_) => Ok(false),
            Err(error) if is_missing(&error) => Ok(true),
            Err(error) => Err(self.failed("look at", error)),
        }
    }

    /// Whether that file is the workspace's own lock, also under another name: a hard link, or through a symbolic link.
    /// `identity`: None if there is no file yet.
    pub(crate) fn is_own(&self, identity: Option<FileId>) -> bool {
        if !self.0.is_chosen {
            return true;
        }
        let (Some(identity), Ok(root)) = (identity, self.open_root()) else {
            return false;
        };
        let Ok(name) = CString::new(LOCK_FILE) else {
            return false;
        };
        root.below().is_some_and(|below| file::stat_path(Some(below), &name).is_ok_and(|own| own.identity == identity))
    }

    /// The error for a failed system call on the root.
    pub(crate) fn root_failed(&self, action: &'static str, source: io::Error) -> Fault {
        if source.raw_os_error() == Some(libc::ENOENT) {
            return Box::new(LockError::NoDirectory { path: self.root_path().to_owned(), source });
        }
        self.beginning(self.0.root_length).failed(action, source)
    }

    /// The error for a failed system call on this path.
    pub(crate) fn failed(&self, action: &'static str, source: io::Error) -> Fault {
        let path = self.to_owned();
        match source.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR) if !self.root_path().is_dir() => {
                Box::new(LockError::NoDirectory { path: self.root_path().to_owned(), source })
            }
            Some(libc::ENAMETOOLONG) => LockError::too_long(&path),
            Some(code) if [libc::ENOSYS, libc::EOPNOTSUPP, libc::ENOTSUP].contains(&code) => {
                Box::new(LockError::UnsupportedFilesystem { path, source })
            }
            Some(code @ (libc::EACCES | libc::EPERM)) => match permission::explain(&path, code) {
                Some(reason) => Box::new(LockError::Denied { action, path, source, reason }),
                None => Box::new(LockError::Io { action, path, source }),
            },
            _ => Box::new(LockError::Io { action, path, source }),
        }
    }

    /// The error if the file was replaced each time its lock was taken.
    pub(crate) fn unsettled(&self) -> Fault {
        Box::new(LockError::Unsettled { path: self.to_owned() })
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

    /// The directories between the workspace root and the file: descriptor and relative path of each, and the path for
    /// messages.
    pub(super) fn parents(&self) -> impl Iterator<Item = (Below<'_>, CString, LockPath)> {
        let bytes = self.0.path.to_bytes();
        let below = self.root().and_then(Root::below);
        let begin = if below.is_some() { self.0.name } else { 0 };
        let ends = (self.0.name..bytes.len()).filter(|end| bytes[*end] == b'/' && bytes[*end - 1] != b'/');
        // A part of a path without NUL has none.
        ends.map(move |end| (below, CString::new(&bytes[begin..end]).unwrap_or_default(), self.beginning(end)))
    }

    /// Whether its name is that of the workspace's own lock file.
    pub(super) fn is_workspaces(&self) -> bool {
        !self.0.is_chosen
    }

    /// The directory of the lock file; while it is missing, the workspace root, where it will be created.
    pub(crate) fn folder(&self) -> Result<LockPath, Fault> {
        let bytes = self.0.path.to_bytes();
        let folder = self.beginning(bytes.iter().rposition(|byte| *byte == b'/').unwrap_or(self.0.root_length));
        match file::stat_target(&folder.0.path) {
            Ok(_) => Ok(folder),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(self.beginning(self.0.root_length)),
            Err(error) => Err(folder.failed("look at", error)),
        }
    }

    fn beginning(&self, end: usize) -> LockPath {
        // A part of a path without NUL has none.
        let beginning = CString::new(&self.0.path.to_bytes()[..end]).unwrap_or_default();
        LockPath::at(beginning, self.0.root_length, end, self.0.is_chosen, OnceLock::new())
    }
}

/// Whether the error means that nothing is at the path.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR))
}

/// Whether two relative paths are equal: "./.ralph//loop.lock" is RALPH_LOCK_FILE.
fn is_same(path: &Path, other: &Path) -> bool {
    path.components().filter(|part| *part != Component::CurDir).eq(other.components())
}

/// Refuses a lock file outside the workspace root.
pub(crate) fn check_lock_file(lock_file: &Path) -> Result<(), Fault> {
    let mut parts = lock_file.components();
    let inside = parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    // "name/" and "name/." mean a directory, but file_name() returns "name" for them.
    let bytes = lock_file.as_os_str().as_encoded_bytes();
    let named = lock_file.file_name().is_some_and(|name| bytes.ends_with(name.as_encoded_bytes()));
    if Path::new(LOCK_FILE).parent().is_some_and(|folder| is_same(lock_file, folder)) {
        return Err(LockError::invalid("the lock file must not be .ralph, the directory of the workspace's own lock"));
    }
    if inside && named {
        return Ok(());
    }
    Err(LockError::invalid("the lock file must be a path below the workspace root, without \"..\""))
}
