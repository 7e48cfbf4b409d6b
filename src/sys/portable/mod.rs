//! Systems without those facilities: waits poll.

pub(crate) mod event;
pub(crate) mod watch;
