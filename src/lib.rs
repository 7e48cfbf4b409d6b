//! One process works in a workspace; every other one learns which process that is, since when, and doing what.
//!
//! The lock is the kernel's flock(2) on `.ralph/loop.lock` under the workspace root, and the file
//! holds a JSON record of the holder, shared with the `ralph-core` crate. This crate has two
//! faces: `libralph_lock`, a C library whose manual is `include/ralph_lock.h`, and this Rust API, on which the C
//! functions are built.
//!
//! ```
//! use ralph_lock::{LockError, LoopLock};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let workspace = tempfile::tempdir()?;
//! let guard = LoopLock::try_acquire(workspace.path(), "implement auth")?;
//! match LoopLock::try_acquire(workspace.path(), "write docs") {
//!     Err(LockError::AlreadyLocked { holder: Some(holder), .. }) => {
//!         assert_eq!(holder.pid, std::process::id());
//!         assert_eq!(holder.prompt, "implement auth");
//!     }
//!     other => panic!("expected to be refused, got {other:?}"),
//! }
//! guard.release()?;
//! # Ok(())
//! # }
//! ```

#![deny(unsafe_code)]
// Some internal functions serve the C functions only.
#![cfg_attr(not(feature = "ffi"), allow(dead_code, unused_imports))]

use std::path::{Path, PathBuf};

// Modules import downward only: ffi, ops, wait, lock, error, record, process, sys.
mod error;
mod escape;
#[cfg_attr(not(unix), allow(dead_code))]
mod process;
// Without flock(2) no record is written.
#[cfg_attr(not(unix), allow(dead_code))]
mod record;

#[cfg(unix)]
mod lock;
#[cfg(unix)]
mod ops;
#[cfg(not(unix))]
mod unsupported;
mod wait;
#[cfg(not(unix))]
use unsupported::{self as lock, self as ops};

// `no_mangle` counts as unsafe. Unsafe blocks are only in ffi/call.rs, which a test checks.
#[cfg(feature = "ffi")]
#[allow(unsafe_code)]
mod ffi;
#[allow(unsafe_code)]
mod sys;

pub use error::{LockError, RootHolder};
pub use lock::{Inspection, LockGuard};
pub use process::{Liveness, Relation};
pub use record::{Holder, LockMetadata};
pub use sys::filesystem::Filesystem;
pub use wait::{AcquireOptions, CancelToken, Waiter};

/// The lock of a workspace: one process holds it, and every other one learns which.
pub struct LoopLock;

impl LoopLock {
    /// The lock file, relative to the workspace root.
    pub const LOCK_FILE: &'static str = record::LOCK_FILE;

    /// Takes the lock now, or names its holder ([`LockError::AlreadyLocked`]).
    pub fn try_acquire(workspace_root: impl AsRef<Path>, prompt: &str) -> Result<LockGuard, LockError> {
        Ok(lock::try_acquire(workspace_root.as_ref(), prompt)?)
    }

    /// Takes the lock, waiting without limit in the kernel's queue. A signal handler installed without SA_RESTART ends
    /// the wait with [`LockError::Interrupted`].
    pub fn acquire_blocking(workspace_root: impl AsRef<Path>, prompt: &str) -> Result<LockGuard, LockError> {
        Ok(lock::acquire_blocking(workspace_root.as_ref(), prompt)?)
    }

    /// Takes the lock, waiting as the options say.
    ///
    /// - [`LockError::AlreadyLocked`]: the timeout was zero
    /// - [`LockError::TimedOut`]: the timeout expired
    /// - [`LockError::Cancelled`]: the token was triggered
    /// - [`LockError::Interrupted`]: a signal handler ran during the wait
    ///
    /// The first three name the last known holder.
    pub fn acquire_with(
        workspace_root: impl AsRef<Path>,
        prompt: &str,
        options: &AcquireOptions,
    ) -> Result<LockGuard, LockError> {
        Ok(wait::acquire_with(workspace_root.as_ref(), prompt, options)?)
    }

    /// Reads the record without touching the lock. None: there is no file, or no record in it.
    /// A record alone does not mean that the lock is held: its holder may have died.
    pub fn read_existing(workspace_root: impl AsRef<Path>) -> Result<Option<LockMetadata>, LockError> {
        Ok(LoopLock::read_holder(workspace_root)?.map(LockMetadata::from))
    }

    /// As [`LoopLock::read_existing`], with what identifies the holder's process beyond its pid.
    pub fn read_holder(workspace_root: impl AsRef<Path>) -> Result<Option<Holder>, LockError> {
        match lock::on_record(workspace_root.as_ref()).map_err(LockError::from) {
            Ok(holder) => Ok(Some(*holder)),
            Err(LockError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One consistent answer: whether the lock is free, held or stale, with the record that belongs to that answer.
    pub fn inspect(workspace_root: impl AsRef<Path>) -> Result<Inspection, LockError> {
        Ok(lock::inspect_workspace(workspace_root.as_ref(), None)?)
    }

    /// As [`LoopLock::inspect`], for the lock file that the options name. Of the options only that is used.
    pub fn inspect_with(workspace_root: impl AsRef<Path>, options: &AcquireOptions) -> Result<Inspection, LockError> {
        Ok(lock::inspect_workspace(workspace_root.as_ref(), options.lock_file.as_deref())?)
    }

    /// Sends a signal to the process that holds the lock, and to no other: the one on record, if it has the lock.
    ///
    /// - [`LockError::NotFound`]: no process holds the lock
    /// - [`LockError::NoRecord`]: the holder left no record
    /// - [`LockError::NotLive`]: the process on record is not provably the holder
    /// - [`LockError::Io`] with EACCES: the caller may not see the holder's descriptors
    #[cfg(unix)]
    pub fn signal_holder(workspace_root: impl AsRef<Path>, signal: i32) -> Result<(), LockError> {
        Ok(ops::signal_holder(workspace_root.as_ref(), None, signal)?)
    }

    /// As [`LoopLock::signal_holder`], for the lock file that the options name. Of the options only that is used.
    #[cfg(unix)]
    pub fn signal_holder_with(
        workspace_root: impl AsRef<Path>,
        signal: i32,
        options: &AcquireOptions,
    ) -> Result<(), LockError> {
        Ok(ops::signal_holder(workspace_root.as_ref(), options.lock_file.as_deref(), signal)?)
    }

    /// The processes that keep the lock, as far as the caller may see them: the holder, or those that inherited its
    /// descriptor. It reads every descriptor of every thread, which takes milliseconds, and touches no file but the
    /// lock's.
    #[cfg(unix)]
    pub fn find_keepers(workspace_root: impl AsRef<Path>) -> Result<Vec<u32>, LockError> {
        Ok(ops::find_keepers(workspace_root.as_ref(), None)?)
    }

    /// As [`LoopLock::find_keepers`], for the lock file that the options name. Of the options only that is used.
    #[cfg(unix)]
    pub fn find_keepers_with(
        workspace_root: impl AsRef<Path>,
        options: &AcquireOptions,
    ) -> Result<Vec<u32>, LockError> {
        Ok(ops::find_keepers(workspace_root.as_ref(), options.lock_file.as_deref())?)
    }

    /// The workspace that a directory belongs to, as an absolute path without symbolic links: the nearest directory
    /// at or above `start` that contains `.git` (a directory, or the file of a worktree or submodule). A
    /// `.ralph/loop.lock` nearer than that counts while it is held; without any `.git`, the nearest one counts.
    ///
    /// The search stops at a mount boundary, as git's does, and passes over sticky directories such as /tmp.
    /// [`LockError::NotFound`]: there is none.
    pub fn find_root(start: impl AsRef<Path>) -> Result<PathBuf, LockError> {
        Ok(ops::find_root(start.as_ref())?)
    }

    /// Whether a process holds the lock at this moment, the calling one included.
    pub fn is_locked(workspace_root: impl AsRef<Path>) -> Result<bool, LockError> {
        Ok(lock::is_locked(workspace_root.as_ref())?)
    }

    /// What a lock is worth on the workspace's file system. It tries two locks on a scratch file in the lock file's
    /// directory, and looks at the file system's type.
    pub fn probe_filesystem(workspace_root: impl AsRef<Path>) -> Result<Filesystem, LockError> {
        Ok(ops::probe_filesystem(workspace_root.as_ref())?)
    }
}

/// The Rust examples in this page run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/adopting.md")]
struct Adopting;
