//! Turns the library's errors into the exceptions of `ralph_lock`, which are defined in Python.

use std::path::Path;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use ralph_lock::{Holder, LockError, Relation};

use crate::holder;

/// An invalid argument, or a lock that has ended.
pub(crate) fn invalid(message: impl Into<String>) -> PyErr {
    PyValueError::new_err(message.into())
}

/// The exception for an error of the library.
pub(crate) fn raise(py: Python<'_>, error: LockError) -> PyErr {
    exception(py, &error, message(&error)).unwrap_or_else(|failed| failed)
}

/// The exception for a release that did not fully succeed.
pub(crate) fn raise_unclean(py: Python<'_>, error: LockError) -> PyErr {
    let message = match &error {
        LockError::Lost { .. } => error.to_string(),
        _ => format!("the lock is released, but its record stays in the file: {error}"),
    };
    exception(py, &error, message).unwrap_or_else(|failed| failed)
}

/// The exception for a wait that only `taker`, this thread or task, could end.
pub(crate) fn raise_deadlock(py: Python<'_>, taker: &str, path: &Path, holder: Option<&Holder>) -> PyErr {
    let message = format!(
        "this {taker} holds {path:?} already, so its wait would not end: use the lock it has, which \
         ralph_lock.held(root) returns, or release that first"
    );
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    refusal(py, &CLASS, "DeadlockError", path, holder, message).unwrap_or_else(|failed| failed)
}

/// The exception for a file system that did not answer in time.
pub(crate) fn raise_unanswered(py: Python<'_>, path: &Path) -> PyErr {
    let message = format!("timed out waiting for {path:?}, whose file system does not answer");
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    refusal(py, &CLASS, "TimedOutError", path, None, message).unwrap_or_else(|failed| failed)
}

fn exception(py: Python<'_>, error: &LockError, message: String) -> PyResult<PyErr> {
    static HELD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static TIMED_OUT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static CANCELLED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let status = match error {
        LockError::AlreadyLocked { path, holder, .. } => {
            return refusal(py, &HELD, "HeldError", path, holder.as_deref(), message);
        }
        LockError::TimedOut { path, holder } => {
            return refusal(py, &TIMED_OUT, "TimedOutError", path, holder.as_deref(), message);
        }
        LockError::Cancelled { path, holder } => {
            return refusal(py, &CANCELLED, "CancelledError", path, holder.as_deref(), message);
        }
        LockError::InvalidArgument(_) | LockError::NotLockFile { .. } => return Ok(invalid(message)),
        LockError::NotFound { .. } => "NOT_FOUND",
        LockError::Interrupted { .. } => "INTERRUPTED",
        LockError::Lost { .. } => "LOST",
        LockError::NoRecord { .. } => "PARSE",
        LockError::NotLive { .. } => "NOT_LIVE",
        LockError::UnsupportedPlatform => "UNSUPPORTED_PLATFORM",
        LockError::UnsupportedFilesystem { .. } | LockError::Unsettled { .. } => "UNSUPPORTED_FILESYSTEM",
        _ => "IO",
    };
    static FAILURE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let failure = FAILURE.import(py, "ralph_lock._errors", "failure")?;
    Ok(PyErr::from_value(failure.call1((status, error.os_code(), message, error.path().map(Path::as_os_str)))?))
}

fn refusal(
    py: Python<'_>,
    class: &'static PyOnceLock<Py<PyAny>>,
    name: &str,
    path: &Path,
    holder: Option<&Holder>,
    message: String,
) -> PyResult<PyErr> {
    let holder = holder.map(|holder| holder::record(py, holder)).transpose()?;
    let class = class.import(py, "ralph_lock._errors", name)?;
    Ok(PyErr::from_value(class.call1((message, holder, path.as_os_str()))?))
}

/// The message. The library's line says which process holds the lock, since when and doing what.
fn message(error: &LockError) -> String {
    match error.holder() {
        // That of a cancelled wait does not name the holder.
        Some(holder) if holder.relation() == Relation::Own && !matches!(error, LockError::Cancelled { .. }) => {
            format!("{error}; that is this process itself: ralph_lock.held(root) returns its lock")
        }
        _ => error.to_string(),
    }
}
