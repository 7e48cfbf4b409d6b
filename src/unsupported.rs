//! Platforms without flock(2): everything compiles, and every call returns [`LockError::UnsupportedPlatform`].

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use crate::error::{Fault, LockError};
use crate::record::Holder;
use crate::sys::filesystem::Filesystem;
use crate::wait::AcquireOptions;

fn unsupported<T>() -> Result<T, Fault> {
    Err(Box::new(LockError::UnsupportedPlatform))
}

pub(crate) fn try_acquire(_workspace_root: &Path, _prompt: &str) -> Result<LockGuard, Fault> {
    unsupported()
}

pub(crate) fn acquire_blocking(_workspace_root: &Path, _prompt: &str) -> Result<LockGuard, Fault> {
    unsupported()
}

pub(crate) fn acquire_with(_root: &Path, _prompt: &str, _options: &AcquireOptions) -> Result<LockGuard, Fault> {
    unsupported()
}

pub(crate) fn inspect_workspace(_root: &Path, _lock_file: Option<&Path>) -> Result<Inspection, Fault> {
    unsupported()
}

pub(crate) fn signal_holder(_root: &Path, _lock_file: Option<&Path>, _signal: i32) -> Result<(), Fault> {
    unsupported()
}

pub(crate) fn find_keepers(_root: &Path, _lock_file: Option<&Path>) -> Result<Vec<u32>, Fault> {
    unsupported()
}

pub(crate) fn find_root(_start: &Path) -> Result<PathBuf, Fault> {
    unsupported()
}

pub(crate) fn probe_filesystem(_root: &Path) -> Result<Filesystem, Fault> {
    unsupported()
}

pub(crate) fn adopt_number(
    _root: &Path,
    _prompt: &str,
    _options: &AcquireOptions,
    _fd: i32,
) -> Result<LockGuard, Fault> {
    unsupported()
}

pub(crate) fn take_number(guard: &LockGuard) -> Result<Option<i32>, Fault> {
    match guard.0 {}
}

pub(crate) fn check_lock_file(_lock_file: &Path) -> Result<(), Fault> {
    Ok(())
}

/// Whether the lock is held; never determined here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspection {
    /// No process holds the lock.
    Free,
    /// A process holds it.
    Held(Option<Box<Holder>>),
    /// No process holds it, but the last holder's record is in the file.
    Stale(Box<Holder>),
}

pub(crate) fn on_record(_workspace_root: &Path) -> Result<Box<Holder>, Fault> {
    unsupported()
}

pub(crate) fn is_locked(_workspace_root: &Path) -> Result<bool, Fault> {
    unsupported()
}

/// A held lock, which does not exist here.
#[derive(Debug)]
pub struct LockGuard(Never);

/// Private, so that the compiler does not report shared code as unreachable.
#[derive(Debug)]
enum Never {}

impl LockGuard {
    /// Never called: no guard exists.
    pub fn lock_path(&self) -> &Path {
        match self.0 {}
    }

    /// Never called: no guard exists.
    pub fn verify(&self) -> Result<(), LockError> {
        match self.0 {}
    }

    /// Never called: no guard exists.
    pub fn restore(&self) -> Result<(), LockError> {
        match self.0 {}
    }

    /// Never called: no guard exists.
    pub fn previous(&self) -> Option<&Holder> {
        match self.0 {}
    }

    /// Never called: no guard exists.
    pub fn release(self) -> Result<(), LockError> {
        match self.0 {}
    }

    pub(crate) fn path(&self) -> &CStr {
        match self.0 {}
    }

    pub(crate) fn no_previous(&self) -> Fault {
        match self.0 {}
    }

    pub(crate) fn look(&self) -> Result<Option<()>, Fault> {
        match self.0 {}
    }

    pub(crate) fn put_back(&self) -> Result<Option<()>, Fault> {
        match self.0 {}
    }

    pub(crate) fn give_up(&self) -> Option<Result<(), Fault>> {
        match self.0 {}
    }
}

/// A wait for an event loop, which does not exist here.
#[derive(Debug)]
pub enum Waiter {}

impl Waiter {
    /// Always [`LockError::UnsupportedPlatform`].
    pub fn new(
        _workspace_root: impl AsRef<Path>,
        _prompt: &str,
        _options: &AcquireOptions,
    ) -> Result<Waiter, LockError> {
        Err(LockError::UnsupportedPlatform)
    }

    pub(crate) fn begin(_root: &Path, _prompt: &str, _options: &AcquireOptions) -> Result<Waiter, Fault> {
        unsupported()
    }

    pub(crate) fn try_now(&mut self) -> Result<Option<LockGuard>, Fault> {
        match *self {}
    }

    /// Never called: no waiter exists.
    pub fn step(&mut self) -> Result<Option<LockGuard>, LockError> {
        match *self {}
    }

    /// Never called: no waiter exists.
    pub fn holder(&self) -> Option<&Holder> {
        match *self {}
    }

    /// Never called: no waiter exists.
    pub fn lock_path(&self) -> &Path {
        match *self {}
    }

    pub(crate) fn not_yet(&self) -> Fault {
        match *self {}
    }

    pub(crate) fn raw_fd(&self) -> i32 {
        match *self {}
    }
}
