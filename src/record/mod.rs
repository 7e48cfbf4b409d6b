//! The record of the holder in the lock file: JSON that ralph-core writes and reads too.

mod metadata;
mod read;
mod time;
mod write;

pub(crate) use read::Unreadable;
pub(crate) use time::text as rfc3339;
pub(crate) use write::{BLANKS, FILE_MAX, Record, is_begun, is_blank};

/// The lock file, relative to the workspace root.
pub(crate) const LOCK_FILE: &str = ".ralph/loop.lock";

pub use metadata::{Holder, LockMetadata};
pub(crate) use metadata::{Summary, UNKNOWN_HOLDER};
