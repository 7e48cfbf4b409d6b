//! Identifies the process that holds a lock, and reads what the system says about processes.

mod identity;
mod judge;
#[cfg(unix)]
#[cfg_attr(kinfo, path = "owners_kinfo.rs")]
mod owners;
#[cfg(not(unix))]
mod owners {
    pub(super) fn of_any_lock() -> std::io::Result<Vec<u32>> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}
mod proc;

pub(crate) use identity::ProcessId;
pub(crate) use judge::{FoundAs, Seen};
#[cfg(unix)]
pub(crate) use owners::{LockId, all_processes, has_lock};
#[cfg(unix)]
pub(crate) use proc::is_ending;
#[cfg(unix)]
pub(crate) use proc::shows_our_numbers;

pub use judge::{Liveness, Relation};
