//! A held lock as an object.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use pyo3::exceptions::{PyResourceWarning, PyTypeError};
use pyo3::prelude::*;

use crate::error::{invalid, raise, raise_unclean};
use crate::held::{self, Held};
use crate::holder;

/// A held lock, as `acquire` returns it: release it, or hold it through a `with`.
///
/// It belongs to the process, and any thread may use and release it. A forked child does not have the lock: its
/// `release` ends the child's copy and leaves the parent's lock alone. If its object is lost without a release, the
/// lock stays held until the process ends, and Python warns (ResourceWarning); `held` finds it again.
#[pyclass(frozen, weakref, module = "ralph_lock")]
pub(crate) struct Lock {
    pub(crate) held: Arc<Held>,
}

#[pymethods]
impl Lock {
    /// The path of the lock file, starting with the workspace root as passed.
    #[getter]
    fn path(&self) -> &std::ffi::OsStr {
        self.held.mark_used();
        self.held.path.as_os_str()
    }

    /// Whether this object no longer has the lock: it was released, turned into a descriptor, or belongs to the
    /// parent process.
    #[getter]
    fn released(&self) -> bool {
        self.held.mark_used();
        self.held.is_over() || !self.held.is_own()
    }

    /// Releases the lock. A second call, or one after `into_fd`, does nothing.
    ///
    /// LockError: the lock is released, but this holder's record could not be blanked.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        self.held.mark_used();
        end(py, &self.held)
    }

    /// Checks that the lock is still the workspace's. Call it before work is committed. LostError: the lock file was
    /// removed or replaced, which `restore` repairs, or the workspace was.
    ///
    /// ValueError: it was released. Other LockErrors: the path cannot be examined.
    fn verify(&self, py: Python<'_>) -> PyResult<()> {
        let held = self.live()?;
        py.detach(|| held.with(|guard| guard.verify())).ok_or_else(released)?.map_err(|error| raise(py, error))
    }

    /// Puts the lock file back after it was removed or replaced. Does nothing if it is in place.
    ///
    /// HeldError: a program that knows only the file, like ralph-core or flock(1), has locked the new one. LostError:
    /// the workspace itself is gone, or another directory is at its path. ValueError: it was released. Other
    /// LockErrors: a system call failed.
    fn restore(&self, py: Python<'_>) -> PyResult<()> {
        let held = self.live()?;
        py.detach(|| held.with(|guard| guard.restore())).ok_or_else(released)?.map_err(|error| raise(py, error))
    }

    /// The holder on record when the lock was taken: one that died, or a program that never removes its record, like
    /// ralph-core. None: the last holder released the lock. ValueError: this lock was released.
    fn previous<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let held = self.live()?;
        let previous = py.detach(|| held.with(|guard| guard.previous().cloned())).ok_or_else(released)?;
        previous.map(|previous| holder::record(py, &previous)).transpose()
    }

    /// ValueError: it was released, so that the body would run without the lock.
    fn __enter__<'py>(slf: &Bound<'py, Lock>) -> PyResult<Bound<'py, Lock>> {
        slf.get().live()?.entered.fetch_add(1, Relaxed);
        Ok(slf.clone())
    }

    /// Releases the lock at the end of the outermost `with`.
    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        if self.held.entered.fetch_sub(1, Relaxed) > 1 {
            return Ok(());
        }
        end(py, &self.held)
    }

    fn _into_fd(&self, py: Python<'_>) -> PyResult<i32> {
        self.to_fd(py)
    }

    fn _take_back(slf: &Bound<'_, Lock>) -> PyResult<()> {
        Lock::take_back(slf)
    }

    fn __repr__(&self) -> String {
        let state = match (self.held.is_own(), self.held.is_over()) {
            (false, _) => "of a parent process",
            (true, false) => "held",
            (true, true) => "released",
        };
        format!("<ralph_lock.Lock {:?} {state}>", self.held.path)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a Lock can be neither pickled nor copied"))
    }
}

impl Lock {
    /// The lock, if this object has it.
    pub(crate) fn live(&self) -> PyResult<&Arc<Held>> {
        self.held.mark_used();
        if !self.held.is_own() {
            return Err(invalid("the lock belongs to the parent process, which forked this one"));
        }
        if self.held.is_over() {
            return Err(released());
        }
        Ok(&self.held)
    }
}

pub(crate) fn released() -> PyErr {
    invalid("the lock was released")
}

/// Ends the lock, if nothing has ended it.
fn end(py: Python<'_>, held: &Arc<Held>) -> PyResult<()> {
    if !held.is_own() {
        held::forget(py, held);
        py.detach(|| held.abandon_copy());
        return Ok(());
    }
    if !held.claim() {
        return Ok(());
    }
    held::forget(py, held);
    py.detach(|| held.release()).map_err(|error| raise_unclean(py, error))
}

impl Drop for Lock {
    fn drop(&mut self) {
        if !self.held.is_over() {
            Python::attach(|py| lost(py, &self.held));
        }
    }
}

/// Handles a lock whose object is collected. It is not released, except if an exception is propagating and the caller
/// has never used the object: then the exception, for instance Ctrl-C, was raised before the caller received the lock,
/// and the caller cannot release it.
pub(crate) fn lost(py: Python<'_>, held: &Arc<Held>) {
    if !held.is_own() {
        held::forget(py, held);
        held.abandon_copy();
    } else if PyErr::occurred(py) && !held.is_used() {
        if held.claim() {
            held::forget(py, held);
            py.detach(|| {
                if !held.give_back() {
                    drop(held.release())
                }
            });
        }
    } else if !held.kept.load(Relaxed) {
        warn(py, held);
    } else {
        held.mark_used();
    }
}

fn warn(py: Python<'_>, held: &Held) {
    let error = PyErr::take(py);
    let message = format!(
        "{:?} stays locked until this process ends: its lock was lost without a release; ralph_lock.held(root) returns \
         it",
        held.path
    );
    let message = std::ffi::CString::new(message).unwrap_or_default();
    if let Err(warning) = PyErr::warn(py, &py.get_type::<PyResourceWarning>(), &message, 1) {
        warning.write_unraisable(py, None);
    }
    if let Some(error) = error {
        error.restore(py);
    }
}
