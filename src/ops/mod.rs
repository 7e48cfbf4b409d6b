//! Operations on a workspace's lock other than taking and releasing it.

mod find_root;
mod handover;
mod keepers;
mod probe;
mod signal;

pub(crate) use find_root::find_root;
pub(crate) use handover::{adopt_number, take_number};
pub(crate) use keepers::find_keepers;
pub(crate) use probe::probe_filesystem;
pub(crate) use signal::signal_holder;
