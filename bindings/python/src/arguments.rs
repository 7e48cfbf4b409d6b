//! Checks the callers' arguments.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;
use ralph_lock::AcquireOptions;

/// A longer timeout, over thirty years, means no limit.
const LONG: f64 = 1e9;

/// A path as `os.fsencode` takes it: str, bytes or os.PathLike.
#[derive(Clone)]
pub(crate) struct AnyPath(pub(crate) PathBuf);

impl FromPyObject<'_, '_> for AnyPath {
    type Error = PyErr;

    fn extract(path: Borrowed<'_, '_, PyAny>) -> PyResult<AnyPath> {
        static FSENCODE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let bytes: Vec<u8> = FSENCODE.import(path.py(), "os", "fsencode")?.call1((path,))?.extract()?;
        if bytes.contains(&0) {
            return Err(PyValueError::new_err("a path must not contain a null character"));
        }
        Ok(AnyPath(OsString::from_vec(bytes).into()))
    }
}

/// What this process is going to do. C programs read it too, and for them it would end at a null character.
#[derive(Clone)]
pub(crate) struct Prompt(pub(crate) String);

impl FromPyObject<'_, '_> for Prompt {
    type Error = PyErr;

    fn extract(prompt: Borrowed<'_, '_, PyAny>) -> PyResult<Prompt> {
        let Ok(text) = prompt.cast::<PyString>() else {
            let kind = prompt.get_type().name()?;
            let remedy = if kind == "bytes" { "; decode it first" } else { "" };
            return Err(PyTypeError::new_err(format!("prompt must be str, not {kind}{remedy}")));
        };
        let text: String = text.extract()?;
        if text.contains('\0') {
            return Err(PyValueError::new_err("the prompt must not contain a null character"));
        }
        Ok(Prompt(text))
    }
}

/// How long to wait.
#[derive(Clone, Copy, Default)]
pub(crate) enum Timeout {
    Once,
    #[default]
    Never,
    After(Duration),
}

impl FromPyObject<'_, '_> for Timeout {
    type Error = PyErr;

    fn extract(seconds: Borrowed<'_, '_, PyAny>) -> PyResult<Timeout> {
        let Ok(number) = seconds.extract::<Option<f64>>() else {
            let message = format!("timeout must be a number of seconds or None, not {}", seconds.get_type().name()?);
            return Err(PyTypeError::new_err(message));
        };
        let Some(seconds) = number else {
            return Ok(Timeout::Never);
        };
        if seconds == 0.0 {
            return Ok(Timeout::Once);
        }
        // -1 as in threading.Lock.acquire and filelock.
        if seconds == -1.0 || seconds > LONG {
            return Ok(Timeout::Never);
        }
        if seconds.is_nan() || seconds < 0.0 {
            let message = "timeout must be a number of seconds that is not negative; None or -1 waits without limit";
            return Err(PyValueError::new_err(message));
        }
        // A time below the clock's resolution is still a wait.
        Ok(Timeout::After(Duration::from_secs_f64(seconds).max(Duration::from_nanos(1))))
    }
}

impl Timeout {
    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Timeout::Once => Some(Instant::now()),
            Timeout::Never => None,
            Timeout::After(time) => Instant::now().checked_add(time),
        }
    }
}

/// A number that the system takes in 32 bits. A larger one is refused, never truncated.
pub(crate) struct Int32(pub(crate) i32);

impl FromPyObject<'_, '_> for Int32 {
    type Error = PyErr;

    fn extract(number: Borrowed<'_, '_, PyAny>) -> PyResult<Int32> {
        number.extract().map(Int32).map_err(|error| {
            if error.is_instance_of::<PyOverflowError>(number.py()) {
                return PyValueError::new_err("the number does not fit in 32 bits");
            }
            error
        })
    }
}

/// What to lock, with which prompt, and how long to wait.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) root: PathBuf,
    pub(crate) prompt: String,
    pub(crate) lock_file: Option<AnyPath>,
    pub(crate) timeout: Timeout,
    pub(crate) cancel: Option<ralph_lock::CancelToken>,
}

impl Request {
    /// The lock file as the caller chose it.
    pub(crate) fn lock_file(&self) -> Option<&Path> {
        self.lock_file.as_ref().map(|path| path.0.as_path())
    }

    /// The library's options for a wait with that timeout.
    pub(crate) fn options(&self, timeout: Option<Duration>) -> AcquireOptions {
        let mut options = options(self.lock_file.as_ref());
        if let Some(timeout) = timeout {
            options = options.timeout(timeout);
        }
        if let Some(cancel) = &self.cancel {
            options = options.cancel(cancel);
        }
        options
    }
}

/// The options that choose a lock file.
pub(crate) fn options(lock_file: Option<&AnyPath>) -> AcquireOptions {
    match lock_file {
        Some(lock_file) => AcquireOptions::new().lock_file(&lock_file.0),
        None => AcquireOptions::new(),
    }
}
