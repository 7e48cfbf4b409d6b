//! Turns a lock into a descriptor for a child process, and back.

use std::os::fd::IntoRawFd;
use std::sync::Arc;

use pyo3::prelude::*;
use ralph_lock::LockGuard;

use crate::arguments::{self, AnyPath, Int32, Prompt, Request, Timeout};
use crate::error::{invalid, raise};
use crate::held::{self, Held, Key, Taker};
use crate::lock::{Lock, released};
use crate::sys;

/// Makes a lock of a descriptor from `Lock.into_fd`, here or in another process, and makes this process the holder on
/// record. The lock is never free in between. It also adopts a shell's lock: `exec 9<>.ralph/loop.lock; flock 9`. To the
/// kernel all copies of a descriptor are one: adopt only one of them, and only once.
///
/// On success the descriptor belongs to the lock, which closes it at its first use; if this raises, it stays the
/// caller's.
///
/// HeldError: another process holds the lock, through another descriptor. LostError: the lock file was removed from
/// the workspace. ValueError: it is not a descriptor of the lock file, open for reading and writing. LockError: a
/// system call failed.
#[pyfunction]
#[pyo3(signature = (root, prompt, fd, *, lock_file=None))]
pub(crate) fn adopt<'py>(
    py: Python<'py>,
    root: AnyPath,
    prompt: Prompt,
    fd: Int32,
    lock_file: Option<AnyPath>,
) -> PyResult<Bound<'py, Lock>> {
    let request = Request { root: root.0, prompt: prompt.0, lock_file, timeout: Timeout::Once, cancel: None };
    // The library has a copy: the caller's own descriptor stays open until the caller uses the lock.
    let copy = sys::duplicate(fd.0).map_err(|error| match error.raw_os_error() {
        Some(libc::EBADF | libc::EINVAL) => invalid(format!("{} is not an open descriptor", fd.0)),
        _ => error.into(),
    })?;
    let (adopted, key) = py.detach(|| {
        let options = arguments::options(request.lock_file.as_ref());
        let adopted = LockGuard::adopt(&request.root, &request.prompt, &options, copy);
        // A refused copy is closed here, and the lock stays with the caller's descriptor.
        (adopted.map_err(|(error, _)| error), Key::of(&request.root, request.lock_file()))
    });
    let guard = adopted.map_err(|error| raise(py, error))?;
    held::register(py, Arc::new(Held::new(guard, key, Taker::thread(py), request).adopted(fd.0)))
}

impl Lock {
    /// The steps of `into_fd` in _handover.py.
    pub(crate) fn to_fd(&self, py: Python<'_>) -> PyResult<i32> {
        // The caller has received the descriptor of an earlier call, so take_back must leave that number alone.
        self.held.never_received();
        let held = self.live()?;
        if !held.claim() {
            return Err(released());
        }
        let fd = py.detach(|| held.to_fd()).map_err(|error| raise(py, error))?.ok_or_else(released)?;
        held::forget(py, held);
        Ok(held.hand_over(fd.into_raw_fd()))
    }

    /// Takes the lock back from a descriptor that the caller never received.
    pub(crate) fn take_back(slf: &Bound<'_, Lock>) -> PyResult<()> {
        let (py, held) = (slf.py(), &slf.get().held);
        let Some(fd) = held.never_received() else {
            return Ok(());
        };
        let request = &held.request;
        let taken = py.detach(|| {
            let options = arguments::options(request.lock_file.as_ref());
            LockGuard::adopt(&request.root, &request.prompt, &options, sys::own(fd))
                .map(|guard| held.put_back(guard))
                .is_ok()
        });
        if taken { held::list(slf) } else { Ok(()) }
    }
}
