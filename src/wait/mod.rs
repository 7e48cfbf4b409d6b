//! Waits for the lock.

#[cfg(unix)]
mod blocking;
mod cancel;
#[cfg(unix)]
mod line;
mod options;
#[cfg(unix)]
mod pauses;
#[cfg(unix)]
mod schedule;
#[cfg(unix)]
mod state;
#[cfg(unix)]
mod turn;
#[cfg(unix)]
mod waiter;

#[cfg(unix)]
pub(crate) use blocking::acquire_with;

#[cfg(not(unix))]
pub use crate::unsupported::Waiter;
#[cfg(not(unix))]
pub(crate) use crate::unsupported::acquire_with;
pub use cancel::CancelToken;
pub use options::AcquireOptions;
#[cfg(unix)]
pub use waiter::Waiter;
