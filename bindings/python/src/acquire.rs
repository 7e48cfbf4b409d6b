//! Taking the lock, and waiting for it in this thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use ralph_lock::{LockError, LockGuard, LoopLock, Waiter};

use crate::arguments::{AnyPath, Prompt, Request, Timeout};
use crate::cancel::CancelToken;
use crate::error::{raise, raise_deadlock};
use crate::held::{self, Held, Key, Taker};
use crate::lock::Lock;
use crate::sys::Blocked;

/// Takes the workspace's lock now, or raises HeldError. The same as `acquire` with a timeout of 0.
#[pyfunction]
#[pyo3(signature = (root, prompt, *, lock_file=None))]
pub(crate) fn try_acquire(
    py: Python<'_>,
    root: AnyPath,
    prompt: Prompt,
    lock_file: Option<AnyPath>,
) -> PyResult<Bound<'_, Lock>> {
    acquire(py, root, prompt, Timeout::Once, true, lock_file, None)
}

/// Takes the workspace's lock, waiting for it if necessary.
///
/// `root` is an existing directory. `prompt` says what this process is going to do, for other processes to read, in
/// at most 16 MiB. `timeout` is in seconds: None or -1 waits without limit, 0 tries once, and so does `blocking=False`.
/// `lock_file` locks another file, a path below the root, instead of ".ralph/loop.lock". `cancel` can end the wait
/// from another thread.
///
/// Other threads run during the wait. In the main thread Python's signal handlers run too; unless one raises, as Ctrl-C
/// does with KeyboardInterrupt, the wait continues with the remaining time.
///
/// HeldError: another process, or this one, holds the lock, and the timeout is 0.
/// TimedOutError, a HeldError and a TimeoutError: the timeout expired.
/// DeadlockError, a HeldError: this thread holds the lock itself.
/// CancelledError: the token was triggered.
/// ValueError, TypeError: an argument is invalid.
/// LockError, an OSError: a system call failed. LockNotFoundError: there is no such root. LockPermissionError: the
/// caller lacks a permission.
#[pyfunction]
#[pyo3(signature = (root, prompt, timeout=Timeout::Never, *, blocking=true, lock_file=None, cancel=None))]
pub(crate) fn acquire<'py>(
    py: Python<'py>,
    root: AnyPath,
    prompt: Prompt,
    timeout: Timeout,
    blocking: bool,
    lock_file: Option<AnyPath>,
    cancel: Option<&Bound<'py, CancelToken>>,
) -> PyResult<Bound<'py, Lock>> {
    let request = Request {
        root: root.0,
        prompt: prompt.0,
        lock_file,
        timeout: if blocking { timeout } else { Timeout::Once },
        cancel: cancel.map(|cancel| cancel.get().token()),
    };
    let (guard, key) = wait(py, &request)?;
    held::register(py, Arc::new(Held::new(guard, key, Taker::thread(py), request)))
}

fn wait(py: Python<'_>, request: &Request) -> PyResult<(LockGuard, Option<Key>)> {
    let deadline = request.timeout.deadline();
    let once = matches!(request.timeout, Timeout::Once);
    let find_key = || Key::of(&request.root, request.lock_file());
    // Most locks are free, so a try comes first. While other threads wait there is none: it would overtake them.
    let mut key = None;
    let mut waits_behind_others = false;
    if !once && WAITS.load(Relaxed) > 0 {
        key = py.detach(find_key);
        waits_behind_others = !held::would_wait_for_itself(py, key.as_ref())?;
    }
    if !waits_behind_others {
        let first = py.detach(|| {
            let first = LoopLock::acquire_with(&request.root, &request.prompt, &request.options(Some(Duration::ZERO)));
            let is_used = matches!(first, Ok(_) | Err(LockError::AlreadyLocked { .. }));
            (first, is_used.then(find_key).flatten())
        });
        key = first.1;
        let refused = match first.0 {
            Ok(guard) => return Ok((guard, key)),
            Err(error) => error,
        };
        if !matches!(refused, LockError::AlreadyLocked { .. }) || once {
            return Err(raise(py, refused));
        }
        if held::would_wait_for_itself(py, key.as_ref())? {
            let path = refused.path().unwrap_or(&request.root);
            return Err(raise_deadlock(py, "thread", path, refused.holder()));
        }
    }
    let _counted = Counted::new();
    let options = request.options(deadline.map(left));
    let guard = match py.detach(|| Waiter::new(&request.root, &request.prompt, &options)) {
        Ok(waiter) => wait_for_events(py, waiter)?,
        Err(LockError::UnsupportedPlatform) => look_again_and_again(py, request, deadline)?,
        Err(error) => return Err(raise(py, error)),
    };
    Ok((guard, key))
}

/// How many threads wait, for any lock.
static WAITS: AtomicUsize = AtomicUsize::new(0);

struct Counted;

impl Counted {
    fn new() -> Counted {
        WAITS.fetch_add(1, Relaxed);
        Counted
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        WAITS.fetch_sub(1, Relaxed);
    }
}

/// The remaining time; never zero, which would mean a single try.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1))
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn wait_for_events(py: Python<'_>, mut waiter: Waiter) -> PyResult<LockGuard> {
    use std::os::fd::AsFd;
    loop {
        if let Some(guard) = py.detach(|| waiter.step()).map_err(|error| raise(py, error))? {
            return Ok(guard);
        }
        // The first check runs Python's handlers with the program's signal mask. The second one is for a signal that
        // came just before all were blocked; a later one ends the sleep.
        py.check_signals()?;
        let blocked = Blocked::all();
        py.check_signals()?;
        py.detach(|| blocked.poll(waiter.as_fd()));
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn wait_for_events(py: Python<'_>, mut waiter: Waiter) -> PyResult<LockGuard> {
    loop {
        if let Some(guard) = py.detach(|| waiter.step()).map_err(|error| raise(py, error))? {
            return Ok(guard);
        }
        py.check_signals()?;
        py.detach(|| std::thread::sleep(Duration::from_millis(50)));
    }
}

/// Waits where the system has no waiters, in short pieces, so that signals are handled.
fn look_again_and_again(py: Python<'_>, request: &Request, deadline: Option<Instant>) -> PyResult<LockGuard> {
    const PIECE: Duration = Duration::from_millis(100);
    loop {
        let options = request.options(Some(deadline.map_or(PIECE, |deadline| left(deadline).min(PIECE))));
        match py.detach(|| LoopLock::acquire_with(&request.root, &request.prompt, &options)) {
            Ok(guard) => return Ok(guard),
            Err(LockError::TimedOut { .. }) if deadline.is_none_or(|deadline| Instant::now() < deadline) => {}
            Err(LockError::Interrupted { .. }) => {}
            Err(error) => return Err(raise(py, error)),
        }
        py.check_signals()?;
    }
}
