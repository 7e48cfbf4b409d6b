//! Waits in asyncio's event loop. No call that could reach the file system runs in the loop's thread: each runs in its
//! own thread, which ends with the call. So a stalled file system delays only its own locks. These threads never attach
//! to the interpreter. Each signals its end through a descriptor that the loop watches; a sleeping wait has no thread.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use ralph_lock::{LockError, LockGuard, LoopLock, Waiter};

use crate::arguments::{AnyPath, Prompt, Request, Timeout};
use crate::error::{raise, raise_deadlock, raise_unanswered, raise_unclean};
use crate::held::{self, Held, Key, Taker};
use crate::lock::{Lock, lost};
use crate::sys::{Bell, Blocked};

/// A wait of one task, as _asyncio.py steps through it.
#[pyclass(frozen, module = "ralph_lock")]
pub(crate) struct Attempt {
    request: Request,
    process: u32,
    shared: Arc<Shared>,
    /// Whether the task is in an `async with`, and the lock that this releases.
    entered: AtomicBool,
    held: Mutex<Option<Arc<Held>>>,
}

/// What the loop's thread and the threads of calls share.
struct Shared {
    phase: Mutex<Phase>,
    /// Signals the end of the call in progress.
    bell: Mutex<Option<Arc<Bell>>>,
}

enum Phase {
    /// A call is in progress, or the attempt has ended.
    Calling,
    /// The lock was not free: the loop watches the waiter.
    Waiting {
        waiter: Box<Waiter>,
        key: Option<Key>,
        heard: bool,
    },
    Taken(Box<LockGuard>, Option<Key>),
    Released,
    Failed(LockError),
    Panicked,
    /// The task was cancelled: a lock from a late call is released.
    Abandoned,
}

impl Shared {
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bell(&self) -> MutexGuard<'_, Option<Arc<Bell>>> {
        self.bell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the call in a thread, whose result is the next phase. Returns the descriptor to watch.
    fn call(self: &Arc<Shared>, call: impl FnOnce() -> Phase + Send + 'static) -> io::Result<i32> {
        let bell = Arc::new(Bell::new()?);
        let number = bell.number();
        *self.bell() = Some(bell.clone());
        let shared = self.clone();
        in_thread(move || {
            let mut next = catch_unwind(AssertUnwindSafe(call)).unwrap_or(Phase::Panicked);
            let mut phase = shared.phase();
            if !matches!(*phase, Phase::Abandoned) {
                std::mem::swap(&mut *phase, &mut next);
            }
            drop(phase);
            bell.ring();
            // A late result, possibly a lock, is dropped here.
            drop(next);
        })?;
        Ok(number)
    }
}

fn in_thread(body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // Python's threads take the signals: one that arrived here would not wake the loop.
    let _blocked = Blocked::all();
    std::thread::Builder::new().name("ralph_lock".to_owned()).stack_size(256 << 10).spawn(body).map(drop)
}

fn begin(request: &Request) -> Phase {
    let key = || Key::of(&request.root, request.lock_file());
    let options = match request.timeout {
        Timeout::Once => {
            let options = request.options(Some(Duration::ZERO));
            return match LoopLock::acquire_with(&request.root, &request.prompt, &options) {
                Ok(guard) => Phase::Taken(Box::new(guard), key()),
                Err(error) => Phase::Failed(error),
            };
        }
        Timeout::Never => request.options(None),
        Timeout::After(time) => request.options(Some(time)),
    };
    match Waiter::new(&request.root, &request.prompt, &options) {
        Ok(waiter) => step(Box::new(waiter), key()),
        Err(error) => Phase::Failed(error),
    }
}

fn step(mut waiter: Box<Waiter>, key: Option<Key>) -> Phase {
    match waiter.step() {
        Ok(Some(guard)) => Phase::Taken(Box::new(guard), key),
        Ok(None) => Phase::Waiting { waiter, key, heard: false },
        Err(error) => Phase::Failed(error),
    }
}

#[pymethods]
impl Attempt {
    #[new]
    #[pyo3(signature = (root, prompt, timeout, *, blocking, lock_file))]
    fn new(
        root: AnyPath,
        prompt: Prompt,
        timeout: Timeout,
        blocking: bool,
        lock_file: Option<AnyPath>,
    ) -> PyResult<Attempt> {
        let request = Request {
            root: root.0,
            prompt: prompt.0,
            lock_file,
            timeout: if blocking { timeout } else { Timeout::Once },
            cancel: None,
        };
        let shared = Arc::new(Shared { phase: Mutex::new(Phase::Calling), bell: Mutex::new(None) });
        let process = std::process::id();
        Ok(Attempt { request, process, shared, entered: AtomicBool::new(false), held: Mutex::new(None) })
    }

    /// The timeout in seconds, or None.
    #[getter]
    fn timeout(&self) -> Option<f64> {
        match self.request.timeout {
            Timeout::Once | Timeout::Never => None,
            Timeout::After(time) => Some(time.as_secs_f64()),
        }
    }

    /// Begins, and returns the descriptor to watch.
    fn start(&self) -> PyResult<i32> {
        let request = self.request.clone();
        Ok(self.shared.call(move || begin(&request))?)
    }

    /// Continues when the watched descriptor is readable: returns the next one, or -1 when there is a result.
    fn proceed(&self, py: Python<'_>, task: Option<&Bound<'_, PyAny>>) -> PyResult<i32> {
        let mut phase = self.shared.phase();
        match std::mem::replace(&mut *phase, Phase::Calling) {
            Phase::Calling => Ok(self.shared.bell().as_ref().map_or(-1, |bell| bell.number())),
            Phase::Waiting { waiter, key, heard: false } => {
                let fd = waiter.as_fd().as_raw_fd();
                *phase = Phase::Waiting { waiter, key: key.clone(), heard: true };
                drop(phase);
                *self.shared.bell() = None;
                if held::task_would_wait_for_itself(py, task, key.as_ref()) {
                    return Err(raise_deadlock(py, "task or thread", &self.path(), None));
                }
                Ok(fd)
            }
            Phase::Waiting { waiter, key, heard: true } => {
                drop(phase);
                Ok(self.shared.call(move || step(waiter, key))?)
            }
            result => {
                *phase = result;
                Ok(-1)
            }
        }
    }

    /// The lock, or the failure.
    fn result<'py>(&self, py: Python<'py>, task: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, Lock>> {
        let taker = task.map_or_else(|| Ok(Taker::thread(py)), Taker::task)?;
        let phase = std::mem::replace(&mut *self.shared.phase(), Phase::Calling);
        match phase {
            Phase::Taken(guard, key) => {
                let held = Arc::new(Held::new(*guard, key, taker, self.request.clone()));
                if self.entered.load(Relaxed) {
                    held.kept.store(true, Relaxed);
                    *self.held() = Some(held.clone());
                }
                held::register(py, held)
            }
            Phase::Failed(error) => Err(raise(py, error)),
            _ => Err(panicked()),
        }
    }

    /// The exception for a call that has not returned at the timeout.
    fn unanswered(&self, py: Python<'_>) -> PyErr {
        raise_unanswered(py, &self.path())
    }

    /// Ends the wait without a result. Does nothing if there was one, and in a forked child: there the phase may be
    /// locked by the thread of a call, which does not exist there.
    fn abandon(&self) {
        if self.process != std::process::id() {
            return;
        }
        let phase = std::mem::replace(&mut *self.shared.phase(), Phase::Abandoned);
        // The task's exception can keep this object.
        *self.shared.bell() = None;
        if matches!(phase, Phase::Waiting { .. } | Phase::Taken(..)) {
            // Closing a file can take as long as opening one.
            let phase = Arc::new(Mutex::new(Some(phase)));
            let owned = phase.clone();
            let _ = in_thread(move || drop(owned.lock().unwrap_or_else(PoisonError::into_inner).take()));
        }
    }

    /// How a release ended.
    fn released(&self, py: Python<'_>) -> PyResult<()> {
        let phase = std::mem::replace(&mut *self.shared.phase(), Phase::Released);
        *self.shared.bell() = None;
        match phase {
            Phase::Failed(error) => Err(raise_unclean(py, error)),
            Phase::Panicked => Err(panicked()),
            _ => Ok(()),
        }
    }
}

impl Attempt {
    fn held(&self) -> MutexGuard<'_, Option<Arc<Held>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self) -> PathBuf {
        self.request.root.join(self.request.lock_file().unwrap_or(LoopLock::LOCK_FILE.as_ref()))
    }

    /// Begins to release the lock; returns the descriptor to watch, or -1 if there is nothing to do.
    fn release(&self, py: Python<'_>) -> PyResult<i32> {
        let Some(held) = self.held().take() else {
            return Ok(-1);
        };
        if !held.is_own() || !held.claim() {
            return Ok(-1);
        }
        held::forget(py, &held);
        *self.shared.phase() = Phase::Calling;
        let for_call = held.clone();
        let release = move || for_call.release().map_or_else(Phase::Failed, |()| Phase::Released);
        self.shared.call(release).or_else(|_| {
            // Without a descriptor or a thread for the call, the release runs here.
            py.detach(|| held.release()).map(|()| -1).map_err(|error| raise_unclean(py, error))
        })
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.abandon();
        // An `async with` that did not end, because its loop did.
        if let Some(held) = self.held().take().filter(|held| !held.is_over()) {
            held.kept.store(false, Relaxed);
            Python::attach(|py| lost(py, &held));
        }
    }
}

fn panicked() -> PyErr {
    PyRuntimeError::new_err("the lock could not be taken: a bug in ralph_lock; please report it")
}

/// A coroutine that returns a Lock. As an `async with` it holds the lock and releases it.
#[pyclass(frozen, module = "ralph_lock")]
pub(crate) struct Acquisition {
    attempt: Py<Attempt>,
    wait: Py<PyAny>,
}

#[pymethods]
impl Acquisition {
    #[new]
    fn new(attempt: Py<Attempt>, wait: Py<PyAny>) -> Acquisition {
        Acquisition { attempt, wait }
    }

    fn __await__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.wait.bind(py).call_method0("__await__")
    }

    fn __aenter__(&self, py: Python<'_>) -> Py<PyAny> {
        self.attempt.get().entered.store(true, Relaxed);
        self.wait.clone_ref(py)
    }

    /// The release begins here, in the call that ends the `async with`, not when its result is awaited.
    #[pyo3(signature = (*_error))]
    fn __aexit__<'py>(&self, py: Python<'py>, _error: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        static RELEASED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let fd = self.attempt.get().release(py)?;
        RELEASED.import(py, "ralph_lock._asyncio", "released")?.call1((&self.attempt, fd))
    }

    fn send<'py>(&self, py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.wait.bind(py).call_method1("send", (value,))
    }

    #[pyo3(signature = (*error))]
    fn throw<'py>(&self, py: Python<'py>, error: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.wait.bind(py).call_method1("throw", error)
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.wait.bind(py).call_method0("close").map(drop)
    }
}
