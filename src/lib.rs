//! One process works in a workspace; every other one learns who that is, since when and doing what.
//!
//! The lock is the kernel's flock(2) on `.ralph/loop.lock` under the workspace root, and the file
//! holds a JSON record of the holder, shared with the `ralph-core` crate. This crate is two things:
//! `libralph_lock`, a C library (`include/ralph_lock.h` is its manual), and this Rust API, on
//! which the C functions stand.
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

mod cancel;
mod error;
// Without flock nobody makes a record.
#[cfg_attr(not(unix), allow(dead_code))]
mod metadata;
mod options;

#[cfg(unix)]
mod lock;
#[cfg(not(unix))]
#[path = "unsupported.rs"]
mod lock;
#[cfg(unix)]
mod wait;
#[cfg(not(unix))]
use lock as wait;
#[cfg(unix)]
mod lock_file;

// Here `no_mangle` counts as unsafe; blocks stand in ffi/boundary.rs alone, which a test checks.
#[allow(unsafe_code)]
mod ffi;
#[allow(unsafe_code)]
mod sys;

pub use cancel::CancelToken;
pub use error::LockError;
pub use lock::LockGuard;
pub use metadata::LockMetadata;
pub use options::AcquireOptions;
pub use wait::Waiter;

/// The lock of a workspace: one process holds it, every other one learns which.
pub struct LoopLock;

impl LoopLock {
    /// The lock file, relative to the workspace root.
    pub const LOCK_FILE: &'static str = ".ralph/loop.lock";
}
