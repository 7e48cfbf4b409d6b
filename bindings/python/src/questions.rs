//! Questions about a workspace's lock, none of which takes it.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use ralph_lock::{Filesystem, Inspection, LoopLock};

use crate::arguments::{AnyPath, Int32};
use crate::error::raise;
use crate::holder;

/// One consistent answer: whether the lock is held, and by whom. It may be outdated when the caller looks at it.
///
/// It takes up to 20 ms when a holder has left no record. ValueError, LockError.
#[pyfunction]
pub(crate) fn inspect(py: Python<'_>, root: AnyPath) -> PyResult<Bound<'_, PyAny>> {
    static INSPECTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = py.detach(|| LoopLock::inspect(&root.0)).map_err(|error| raise(py, error))?;
    let (state, holder) = match &found {
        Inspection::Free => ("FREE", None),
        Inspection::Held(holder) => ("HELD", holder.as_deref()),
        Inspection::Stale(holder) => ("STALE", Some(&**holder)),
    };
    let holder = holder.map(|holder| holder::record(py, holder)).transpose()?;
    INSPECTION.import(py, "ralph_lock._holder", "inspection")?.call1((state, holder))
}

/// Whether the lock is held at this moment, by this process or another. To act on the answer, acquire instead.
/// ValueError, LockError.
#[pyfunction]
pub(crate) fn is_locked(py: Python<'_>, root: AnyPath) -> PyResult<bool> {
    py.detach(|| LoopLock::is_locked(&root.0)).map_err(|error| raise(py, error))
}

/// The holder on record in the lock file; None: there is no record. A record alone does not say that the lock is
/// held: `inspect` does. ValueError, LockError.
#[pyfunction]
pub(crate) fn read_existing(py: Python<'_>, root: AnyPath) -> PyResult<Option<Bound<'_, PyAny>>> {
    let found = py.detach(|| LoopLock::read_holder(&root.0)).map_err(|error| raise(py, error))?;
    found.map(|holder| holder::record(py, &holder)).transpose()
}

/// Sends a signal to the process that holds the lock, and to no other, even if its number is reused meanwhile. 0
/// sends none, and tells whether one could be sent.
///
/// LockError with the status NOT_FOUND: the lock is free. PARSE: the holder is not on record. NOT_LIVE: the process
/// on record is not provably the one that holds it. UnsupportedPlatformError: there is no pidfd.
/// ValueError: it is no signal.
#[pyfunction]
pub(crate) fn signal_holder(py: Python<'_>, root: AnyPath, signal: Int32) -> PyResult<()> {
    py.detach(|| LoopLock::signal_holder(&root.0, signal.0)).map_err(|error| raise(py, error))
}

/// The processes that keep the lock: the holder, or those that inherited its descriptor, as far as they can be seen.
/// It looks at every process, which takes milliseconds or more.
///
/// UnsupportedPlatformError: there is no /proc. ValueError, LockError.
#[pyfunction]
pub(crate) fn find_keepers(py: Python<'_>, root: AnyPath) -> PyResult<Vec<u32>> {
    py.detach(|| LoopLock::find_keepers(&root.0)).map_err(|error| raise(py, error))
}

/// What a lock is worth on the workspace's file system: whether two exclude each other on it, and whether they would
/// from two machines. The first is tried with a scratch file, of which nothing is left. ValueError, LockError:
/// nothing can be tried.
#[pyfunction]
pub(crate) fn probe_filesystem(py: Python<'_>, root: AnyPath) -> PyResult<Bound<'_, PyAny>> {
    static FILESYSTEM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = py.detach(|| LoopLock::probe_filesystem(&root.0)).map_err(|error| raise(py, error))?;
    let name = match found {
        Filesystem::Unknown => "UNKNOWN",
        Filesystem::Local => "LOCAL",
        Filesystem::Distributed => "DISTRIBUTED",
        Filesystem::NoLocks => "NO_LOCKS",
    };
    FILESYSTEM.import(py, "ralph_lock._constants", "Filesystem")?.get_item(name)
}
