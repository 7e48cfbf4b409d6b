//! The lock that a call is about: as the caller spells it, and resolved at the time of the call.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use ralph_lock::{AcquireOptions, LoopLock};

/// Calls run later, in other threads, so a relative root is made absolute at the time of the call: a later `chdir` does
/// not affect it. Paths in results keep the caller's spelling.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    given: PathBuf,
    absolute: PathBuf,
}

/// The identity of a root, whatever its spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RootId {
    device: u64,
    inode: u64,
}

impl Root {
    pub(crate) fn new(bytes: &[u8]) -> Root {
        let given = path(bytes);
        // The empty root stays empty, and is refused. Without a current directory the call itself fails.
        let relative = given.is_relative() && !bytes.is_empty();
        let absolute = if relative { env::current_dir().map(|here| here.join(&given)) } else { Ok(given.clone()) };
        let absolute = absolute.unwrap_or_else(|_| given.clone());
        Root { given, absolute }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.absolute
    }

    /// A path below the root, spelled with the root as it was given.
    pub(crate) fn spell(&self, path: &Path) -> Vec<u8> {
        let bytes = path.as_os_str().as_bytes();
        match bytes.strip_prefix(self.absolute.as_os_str().as_bytes()) {
            Some(rest) => [self.given.as_os_str().as_bytes(), rest].concat(),
            None => bytes.to_owned(),
        }
    }

    /// The same in a message.
    pub(crate) fn spell_in(&self, message: &str) -> String {
        if self.given == self.absolute {
            return message.to_owned();
        }
        message.replace(&*self.absolute.to_string_lossy(), &self.given.to_string_lossy())
    }

    pub(crate) fn id(&self) -> io::Result<RootId> {
        let found = fs::metadata(&self.absolute)?;
        Ok(RootId { device: found.dev(), inode: found.ino() })
    }
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// A lock: a root, and a lock file below it; None for the workspace's own.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub root: Root,
    lock_file: Option<PathBuf>,
}

impl Target {
    pub(crate) fn new(root: &[u8], lock_file: Option<&[u8]>) -> Target {
        Target { root: Root::new(root), lock_file: lock_file.map(path) }
    }

    pub(crate) fn options(&self) -> AcquireOptions {
        let options = AcquireOptions::new();
        match &self.lock_file {
            Some(file) => options.lock_file(file),
            None => options,
        }
    }

    pub(crate) fn lock_file(&self) -> &Path {
        self.lock_file.as_deref().unwrap_or(Path::new(LoopLock::LOCK_FILE))
    }

    /// The lock file without "." components, so that two spellings of one path are equal.
    pub(crate) fn plain_lock_file(&self) -> PathBuf {
        self.lock_file().components().filter(|part| *part != Component::CurDir).collect()
    }
}
