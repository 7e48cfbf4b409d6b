//! Options for an acquire.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cancel::CancelToken;

/// How to acquire: how long to wait, what ends the wait, which lock file. New options wait without limit, for the
/// workspace's own lock.
#[derive(Debug, Clone, Default)]
pub struct AcquireOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<CancelToken>,
    pub(crate) lock_file: Option<PathBuf>,
}

impl AcquireOptions {
    /// Options with the defaults.
    pub fn new() -> AcquireOptions {
        AcquireOptions::default()
    }

    /// Sets the timeout, by CLOCK_MONOTONIC. Zero tries once.
    pub fn timeout(mut self, timeout: Duration) -> AcquireOptions {
        self.timeout = Some(timeout);
        self
    }

    /// Sets a token that ends the wait.
    pub fn cancel(mut self, cancel: &CancelToken) -> AcquireOptions {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Chooses another lock file: a path below the workspace root.
    pub fn lock_file(mut self, lock_file: impl AsRef<Path>) -> AcquireOptions {
        self.lock_file = Some(lock_file.as_ref().to_owned());
        self
    }
}
