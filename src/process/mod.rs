//! Which process holds a lock: what identifies it, and what the system tells of others.

mod identity;
#[cfg(unix)]
mod owners;

pub(crate) use identity::ProcessId;
#[cfg(unix)]
pub(crate) use owners::owners;

pub use identity::{Liveness, Relation};
