//! Systems without descriptors for events: waits poll.

pub(crate) mod event;
pub(crate) mod watch;
