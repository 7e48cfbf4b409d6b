//! The lock. The kernel's flock on `.ralph/loop.lock` is the lock; the file's existence and its text
//! are not. The text names the holder, and is blank while the lock is free and the last holder
//! released it. The library never removes the file.

mod acquire;
mod backoff;
mod contend;
mod create;
mod file;
mod guard;
mod held;
mod inspect;
mod path;
mod permission;
mod root;
mod root_lock;
mod text;

pub(crate) use acquire::{acquire_blocking, acquire_in_queue, acquire_now, try_acquire};
pub(crate) use backoff::{Backoff, Budget, vary};
pub(crate) use contend::contend;
pub(crate) use file::{LockedFile, START_OVERS};
pub(crate) use guard::Published;
pub(crate) use inspect::{inspect, inspect_workspace, is_locked, is_of_another, on_record};
pub(crate) use path::{LockPath, check_lock_file};

pub use guard::LockGuard;
pub use inspect::Inspection;
