//! Questions about a workspace's lock; none of them takes it.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use ralph_lock::{Filesystem, Inspection, LockError, LoopLock};

use crate::arguments::{AnyPath, Int32, options};
use crate::error::raise;
use crate::holder;

fn ask<T: Send>(py: Python<'_>, question: impl Send + FnOnce() -> Result<T, LockError>) -> PyResult<T> {
    py.detach(question).map_err(|error| raise(py, error))
}

/// One consistent answer: whether the lock is held, and by which process. It may be outdated when the caller sees it.
///
/// It takes up to 20 ms if the holder has no record.
///
/// ValueError: an argument is invalid. LockError: a system call failed.
#[pyfunction]
#[pyo3(signature = (root, *, lock_file=None))]
pub(crate) fn inspect(py: Python<'_>, root: AnyPath, lock_file: Option<AnyPath>) -> PyResult<Bound<'_, PyAny>> {
    static INSPECTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = ask(py, || LoopLock::inspect_with(&root.0, &options(lock_file.as_ref())))?;
    let (state, holder) = match &found {
        Inspection::Free => ("FREE", None),
        Inspection::Held(holder) => ("HELD", holder.as_deref()),
        Inspection::Stale(holder) => ("STALE", Some(&**holder)),
    };
    let holder = holder.map(|holder| holder::record(py, holder)).transpose()?;
    INSPECTION.import(py, "ralph_lock._holder", "inspection")?.call1((state, holder))
}

/// Whether the lock is held at this moment, by this process or another. To act on the answer, acquire instead.
///
/// ValueError: an argument is invalid. LockError: a system call failed.
#[pyfunction]
pub(crate) fn is_locked(py: Python<'_>, root: AnyPath) -> PyResult<bool> {
    ask(py, || LoopLock::is_locked(&root.0))
}

/// The holder on record in the lock file; None: there is no record. A record alone does not mean that the lock is
/// held: `inspect` tells the difference.
///
/// ValueError: an argument is invalid. LockError: a system call failed.
#[pyfunction]
pub(crate) fn read_existing(py: Python<'_>, root: AnyPath) -> PyResult<Option<Bound<'_, PyAny>>> {
    let found = ask(py, || LoopLock::read_holder(&root.0))?;
    found.map(|holder| holder::record(py, &holder)).transpose()
}

/// Sends a signal to the process that holds the lock, and to no other, even if its pid is reused meanwhile. 0 sends
/// none and only checks whether one could be sent.
///
/// LockError with the status NOT_FOUND: the lock is free. PARSE: the holder is not on record. NOT_LIVE: the process
/// on record is not provably the one that holds it. UnsupportedPlatformError: there is no pidfd.
/// ValueError: not a signal number.
#[pyfunction]
#[pyo3(signature = (root, signal, *, lock_file=None))]
pub(crate) fn signal_holder(py: Python<'_>, root: AnyPath, signal: Int32, lock_file: Option<AnyPath>) -> PyResult<()> {
    ask(py, || LoopLock::signal_holder_with(&root.0, signal.0, &options(lock_file.as_ref())))
}

/// The processes that keep the lock: the holder, or those that inherited its descriptor, as far as they can be seen.
/// It reads every process in /proc, which takes milliseconds or more.
///
/// UnsupportedPlatformError: there is no /proc. ValueError: an argument is invalid. LockError: a system call failed.
#[pyfunction]
#[pyo3(signature = (root, *, lock_file=None))]
pub(crate) fn find_keepers(py: Python<'_>, root: AnyPath, lock_file: Option<AnyPath>) -> PyResult<Vec<u32>> {
    ask(py, || LoopLock::find_keepers_with(&root.0, &options(lock_file.as_ref())))
}

/// The workspace that a directory belongs to, as an absolute path: the nearest directory at or above `start` that
/// contains `.git`. A `.ralph/loop.lock` nearer than that counts while it is held; without any `.git`, the nearest
/// one counts. The search stops at a mount boundary, and passes over sticky directories such as /tmp.
///
///     lock = ralph_lock.acquire(ralph_lock.find_root(), "implement auth")
///
/// LockError with the status NOT_FOUND: the directory belongs to no workspace. ValueError: an argument is invalid.
/// Other LockErrors: a system call failed.
#[pyfunction]
#[pyo3(signature = (start=None))]
pub(crate) fn find_root(py: Python<'_>, start: Option<AnyPath>) -> PyResult<OsString> {
    let start = start.map_or_else(|| PathBuf::from("."), |start| start.0);
    Ok(ask(py, || LoopLock::find_root(&start))?.into_os_string())
}

/// What a lock is worth on the workspace's file system: whether two processes exclude each other there, and whether
/// they would from two machines. The first is tried with a scratch file that is removed.
///
/// ValueError: an argument is invalid. LockError: no file can be created.
#[pyfunction]
pub(crate) fn probe_filesystem(py: Python<'_>, root: AnyPath) -> PyResult<Bound<'_, PyAny>> {
    static FILESYSTEM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = ask(py, || LoopLock::probe_filesystem(&root.0))?;
    let name = match found {
        Filesystem::Unknown => "UNKNOWN",
        Filesystem::Local => "LOCAL",
        Filesystem::Distributed => "DISTRIBUTED",
        Filesystem::NoLocks => "NO_LOCKS",
    };
    FILESYSTEM.import(py, "ralph_lock._constants", "Filesystem")?.get_item(name)
}
