//! The locks that this process holds: keeps them held when their objects are collected, serves `held`, and detects a
//! thread that would wait for itself.

use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::ThreadId;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use ralph_lock::{LockError, LockGuard, LoopLock};

use crate::arguments::{AnyPath, Request};
use crate::lock::Lock;
use crate::sys;

/// The identity of a lock, whatever the spelling of its root: the root's device and inode, and the lock file in it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key {
    root: (u64, u64),
    lock_file: PathBuf,
}

impl Key {
    /// None: there is no such root. Accesses the file system.
    pub(crate) fn of(root: &Path, lock_file: Option<&Path>) -> Option<Key> {
        use std::os::unix::fs::MetadataExt;
        let found = std::fs::metadata(root).ok()?;
        let lock_file = lock_file.unwrap_or(Path::new(LoopLock::LOCK_FILE));
        let lock_file = lock_file.components().filter(|part| !matches!(part, Component::CurDir)).collect();
        Some(Key { root: (found.dev(), found.ino()), lock_file })
    }
}

/// The owner of a lock: a thread, and in an event loop one of its tasks.
pub(crate) struct Taker {
    thread: ThreadId,
    /// A weak reference to the task that took the lock by `acquire_async`.
    task: Option<Py<PyAny>>,
    /// Whether a loop was running in the thread.
    in_loop: bool,
}

impl Taker {
    pub(crate) fn thread(py: Python<'_>) -> Taker {
        Taker { thread: std::thread::current().id(), task: None, in_loop: loop_runs(py) }
    }

    pub(crate) fn task(task: &Bound<'_, PyAny>) -> PyResult<Taker> {
        let task = PyWeakrefReference::new(task)?.into_any().unbind();
        Ok(Taker { thread: std::thread::current().id(), task: Some(task), in_loop: true })
    }
}

/// Whether asyncio runs a loop in this thread. A program that has not imported asyncio has none.
fn loop_runs(py: Python<'_>) -> bool {
    static MODULES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let running = || -> PyResult<bool> {
        let modules = MODULES.import(py, "sys", "modules")?;
        match modules.get_item("asyncio.events") {
            Ok(events) => Ok(!events.call_method0("_get_running_loop")?.is_none()),
            Err(_) => Ok(false),
        }
    };
    running().unwrap_or(false)
}

/// A lock with its state. A [`Lock`] object refers to it, and so does the list of held locks.
pub(crate) struct Held {
    pub(crate) path: PathBuf,
    /// How it was taken, to take it back from a descriptor.
    pub(crate) request: Request,
    key: Option<Key>,
    process: u32,
    taker: Taker,
    /// Locked by detached threads, and never while a thread waits for the interpreter. In a forked child it may be
    /// locked by a thread that does not exist there, so the child only tries.
    guard: RwLock<Option<LockGuard>>,
    /// Set by the one caller that ends the lock.
    over: AtomicBool,
    /// Whether the caller has used its object, and so certainly received it.
    used: AtomicBool,
    /// Whether an `async with` releases it, even if its object was dropped, because there was no `as`.
    pub(crate) kept: AtomicBool,
    /// The number of `with` blocks inside it.
    pub(crate) entered: AtomicUsize,
    /// The caller's own descriptor of an adopted lock, and its file: closed once the lock is used.
    adopted: Mutex<Option<(i32, (u64, u64))>>,
    /// The descriptor that the lock was turned into, in case the caller never receives it; or -1.
    handed_over: AtomicI32,
}

impl Held {
    pub(crate) fn new(guard: LockGuard, key: Option<Key>, taker: Taker, request: Request) -> Held {
        Held {
            path: guard.lock_path().to_owned(),
            request,
            key,
            process: std::process::id(),
            taker,
            guard: RwLock::new(Some(guard)),
            over: AtomicBool::new(false),
            used: AtomicBool::new(false),
            kept: AtomicBool::new(false),
            entered: AtomicUsize::new(0),
            adopted: Mutex::new(None),
            handed_over: AtomicI32::new(-1),
        }
    }

    /// Remembers the descriptor that was adopted by a copy.
    pub(crate) fn adopted(self, fd: i32) -> Held {
        Held { adopted: Mutex::new(sys::file_of(fd).map(|file| (fd, file))), ..self }
    }

    /// Whether this process took the lock, rather than its parent.
    pub(crate) fn is_own(&self) -> bool {
        self.process == std::process::id()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    pub(crate) fn is_used(&self) -> bool {
        self.used.load(Relaxed)
    }

    /// Records that the caller has the object. The adopted descriptor then belongs to the lock and is closed, unless
    /// the caller has closed it and its number now means another file.
    pub(crate) fn mark_used(&self) {
        if self.used.swap(true, Relaxed) || !self.is_own() {
            return;
        }
        let adopted = lock(&self.adopted).take();
        if let Some((fd, file)) = adopted.filter(|(fd, file)| sys::file_of(*fd) == Some(*file)) {
            let _ = file;
            drop(sys::own(fd));
        }
    }

    /// Claims the end of the lock. False: another caller has, or did.
    pub(crate) fn claim(&self) -> bool {
        !self.over.swap(true, Relaxed)
    }

    /// Calls the body with the guard; None if it was released. Only after detaching.
    pub(crate) fn with<T>(&self, body: impl FnOnce(&LockGuard) -> T) -> Option<T> {
        self.guard.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(body)
    }

    /// Takes the guard out, after a claim. Only after detaching.
    pub(crate) fn take(&self) -> Option<LockGuard> {
        self.guard.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Puts a guard in place after a claim. Only after detaching.
    pub(crate) fn put_back(&self, guard: LockGuard) {
        *self.guard.write().unwrap_or_else(PoisonError::into_inner) = Some(guard);
        self.over.store(false, Relaxed);
    }

    /// Ends the lock and returns its descriptor, after a claim; None if it was released. On error the lock stays.
    /// Only after detaching.
    pub(crate) fn to_fd(&self) -> Result<Option<OwnedFd>, LockError> {
        let guard = self.take();
        let fd = guard.as_ref().map(LockGuard::to_fd).transpose();
        if let (Err(_), Some(guard)) = (&fd, guard) {
            self.put_back(guard);
        }
        fd
    }

    /// Releases the lock, after a claim. Only after detaching.
    pub(crate) fn release(&self) -> Result<(), LockError> {
        self.take().map_or(Ok(()), LockGuard::release)
    }

    /// Ends a forked child's copy of its parent's lock, which closes the child's descriptors.
    pub(crate) fn abandon_copy(&self) {
        if self.claim() {
            drop(self.guard.try_write().ok().and_then(|mut guard| guard.take()));
        }
    }

    pub(crate) fn hand_over(&self, fd: i32) -> i32 {
        self.handed_over.store(fd, Relaxed);
        fd
    }

    /// The descriptor that it was turned into.
    pub(crate) fn never_received(&self) -> Option<i32> {
        Some(self.handed_over.swap(-1, Relaxed)).filter(|fd| *fd >= 0)
    }

    /// Undoes the adoption: leaves the lock to the caller's descriptor. False: it was not adopted.
    pub(crate) fn give_back(&self) -> bool {
        if lock(&self.adopted).take().is_none() {
            return false;
        }
        if let Some(guard) = self.take() {
            // Closing a copy unlocks nothing while the caller's descriptor is open. If no copy can be made, the only
            // way to keep the lock is to leave the guard alone.
            if guard.to_fd().is_err() {
                std::mem::forget(guard);
            }
        }
        true
    }
}

struct Entry {
    held: Arc<Held>,
    /// The lock's object, if it exists.
    object: Py<PyWeakrefReference>,
}

/// Locked only while attached to the interpreter, and never while Python code could run, so no fork finds it locked.
static ALL: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the object of a lock that is held from now on.
pub(crate) fn register(py: Python<'_>, held: Arc<Held>) -> PyResult<Bound<'_, Lock>> {
    let object = Bound::new(py, Lock { held })?;
    list(&object)?;
    Ok(object)
}

/// Puts a lock on the list, with its object.
pub(crate) fn list(object: &Bound<'_, Lock>) -> PyResult<()> {
    let held = object.get().held.clone();
    let entry = Entry { object: PyWeakrefReference::new(object)?.unbind(), held };
    forget(object.py(), &entry.held);
    lock(&ALL).push(entry);
    Ok(())
}

/// Takes a lock off the list.
pub(crate) fn forget(_: Python<'_>, held: &Arc<Held>) {
    let former = {
        let mut all = lock(&ALL);
        position(&all, held).map(|place| all.swap_remove(place))
    };
    drop(former);
}

fn position(all: &[Entry], held: &Arc<Held>) -> Option<usize> {
    all.iter().position(|entry| Arc::ptr_eq(&entry.held, held))
}

/// The lock with that key that this process holds, and its object.
fn find(py: Python<'_>, key: &Key) -> Option<(Arc<Held>, Py<PyWeakrefReference>)> {
    let all = lock(&ALL);
    let own = |entry: &&Entry| entry.held.key.as_ref() == Some(key) && entry.held.is_own() && !entry.held.is_over();
    all.iter().find(own).map(|entry| (entry.held.clone(), entry.object.clone_ref(py)))
}

/// Whether this thread would wait for its own lock.
pub(crate) fn would_wait_for_itself(py: Python<'_>, key: Option<&Key>) -> PyResult<bool> {
    let Some((held, _)) = key.and_then(|key| find(py, key)) else {
        return Ok(false);
    };
    if held.taker.thread != std::thread::current().id() {
        return Ok(false);
    }
    // A thread of a pool takes locks for other tasks.
    static SERVES_OTHERS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let serves_others: bool = SERVES_OTHERS.import(py, "ralph_lock._threads", "serves_others")?.call0()?.extract()?;
    Ok(!serves_others)
}

/// Whether this task would wait for its own lock. A lock that this thread took for another task is not its own: that
/// task can release it.
pub(crate) fn task_would_wait_for_itself(py: Python<'_>, task: Option<&Bound<'_, PyAny>>, key: Option<&Key>) -> bool {
    let Some((held, _)) = key.and_then(|key| find(py, key)) else {
        return false;
    };
    let taker = &held.taker;
    let by_task = match (&taker.task, task) {
        (Some(taker), Some(task)) => taker.bind(py).call0().is_ok_and(|taker| taker.is(task)),
        _ => false,
    };
    taker.thread == std::thread::current().id() && (by_task || !taker.in_loop)
}

/// The lock of this workspace that this process holds, as the object that its acquire returned; None: this process
/// does not hold it. If that object was lost, the lock is still held, and this returns another object for it.
///
///     lock = ralph_lock.held(".") or ralph_lock.acquire(".", "implement auth")
#[pyfunction]
#[pyo3(signature = (root, *, lock_file=None))]
pub(crate) fn held(py: Python<'_>, root: AnyPath, lock_file: Option<AnyPath>) -> PyResult<Option<Bound<'_, Lock>>> {
    let key = py.detach(|| Key::of(&root.0, lock_file.as_ref().map(|path| path.0.as_path())));
    let Some((held, object)) = key.and_then(|key| find(py, &key)) else {
        return Ok(None);
    };
    held.mark_used();
    match object.bind(py).upgrade() {
        Some(object) => Ok(Some(object.cast_into::<Lock>()?)),
        None => register(py, held).map(Some),
    }
}

/// Releases every lock of this process, at its end.
#[pyfunction]
pub(crate) fn release_all(py: Python<'_>) {
    let all = std::mem::take(&mut *lock(&ALL));
    let ours: Vec<_> = all.iter().map(|entry| entry.held.clone()).filter(|held| held.is_own()).collect();
    py.detach(|| {
        for held in ours {
            if held.claim() {
                let _ = held.release();
            }
        }
    });
}
