//! Cancel tokens, which end waits from another thread.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::error;

/// Ends waits from another thread. One token can serve many waits. It belongs to the process that made it: in a
/// forked child it cannot be used.
#[pyclass(frozen, weakref, module = "ralph_lock")]
pub(crate) struct CancelToken {
    token: ralph_lock::CancelToken,
    process: u32,
}

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> PyResult<CancelToken> {
        Ok(CancelToken { token: ralph_lock::CancelToken::new()?, process: std::process::id() })
    }

    /// Ends every wait that has the token with CancelledError: present waits at once, later ones as they begin. A
    /// second call does nothing. Any thread may call it.
    ///
    /// ValueError: in a forked child.
    fn trigger(&self) -> PyResult<()> {
        if self.process != std::process::id() {
            return Err(error::invalid("the cancel token belongs to the parent process, which forked this one"));
        }
        self.token.trigger();
        Ok(())
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a CancelToken can be neither pickled nor copied"))
    }
}

impl CancelToken {
    pub(crate) fn token(&self) -> ralph_lock::CancelToken {
        self.token.clone()
    }
}
