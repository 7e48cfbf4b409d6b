//! The extension module `ralph_lock._native`: the Rust API for Python.
//!
//! Two rules hold in every function here:
//! - A guard goes from the library into a [`lock::Lock`] object without any Python code in between, because a signal
//!   handler (Ctrl-C) runs between any two instructions of Python.
//! - A call into the library detaches from the interpreter, and no mutex is held across that which a forked child
//!   could need.

#![deny(unsafe_code)]

mod acquire;
mod arguments;
mod asyncio;
mod cancel;
mod error;
mod handover;
mod held;
mod holder;
mod lock;
mod questions;
// System calls, each with its SAFETY reason.
#[allow(unsafe_code)]
mod sys;

#[pyo3::pymodule(gil_used = false)]
mod _native {
    use pyo3::exceptions::PyImportError;
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::acquire::{acquire, try_acquire};
    #[pymodule_export]
    use crate::asyncio::{Acquisition, Attempt};
    #[pymodule_export]
    use crate::cancel::CancelToken;
    #[pymodule_export]
    use crate::handover::adopt;
    #[pymodule_export]
    use crate::held::{held, release_all};
    #[pymodule_export]
    use crate::lock::Lock;
    #[pymodule_export]
    use crate::questions::{
        find_keepers, find_root, inspect, is_locked, probe_filesystem, read_existing, signal_holder,
    };

    /// Refuses a second interpreter in the process, as Python does by itself from 3.12 on.
    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        if crate::sys::is_main_interpreter() {
            return Ok(());
        }
        Err(PyImportError::new_err("module ralph_lock does not support loading in subinterpreters"))
    }

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
