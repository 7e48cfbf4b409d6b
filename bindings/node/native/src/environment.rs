//! The locks of each JavaScript environment: the main thread's, and each worker's. An environment that ends releases
//! its remaining locks.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ralph_lock::{Holder, LockGuard};

use crate::poll;
use crate::target::{RootId, Target};

/// An environment: a thread that runs JavaScript, from its first load of the addon to its end. Node reuses the
/// addresses of ended environments, so an address does not identify one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Environment(i64);

/// A lock with the call's arguments. Calls that use it hold a reference meanwhile.
#[derive(Debug)]
pub(crate) struct Held {
    /// None once it is released.
    guard: Mutex<Option<LockGuard>>,
    /// The lock file.
    pub path: PathBuf,
    /// The record found when the lock was taken.
    pub previous: Option<Holder>,
    pub target: Target,
    /// None if the root could not be examined.
    root: Option<RootId>,
}

impl Held {
    pub(crate) fn new(guard: LockGuard, target: &Target) -> Held {
        Held {
            path: guard.lock_path().to_owned(),
            previous: guard.previous().cloned(),
            guard: Mutex::new(Some(guard)),
            target: target.clone(),
            root: target.root.id().ok(),
        }
    }

    /// The guard, once no other call uses it.
    pub(crate) fn guard(&self) -> MutexGuard<'_, Option<LockGuard>> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Locks = BTreeMap<i64, Arc<Held>>;

/// The locks of each environment that is open, by their numbers.
static OPEN: Mutex<BTreeMap<Environment, Locks>> = Mutex::new(BTreeMap::new());

/// The thread's environment. Its destructor closes it if no hook does: Node runs none at `process.exit`.
struct Current(Cell<Option<Environment>>);

thread_local! {
    static CURRENT: Current = const { Current(Cell::new(None)) };
}

impl Drop for Current {
    fn drop(&mut self) {
        if let Some(environment) = self.0.get() {
            environment.close();
        }
    }
}

/// A number that this process has not used yet, for a lock, a wait or an environment.
pub(crate) fn next_number() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Opens this thread's environment, unless it is open: a thread can load the addon more than once.
pub(crate) fn open() -> Environment {
    let environment = CURRENT.with(|current| match current.0.get() {
        Some(environment) if table().contains_key(&environment) => environment,
        _ => {
            let environment = Environment(next_number());
            current.0.set(Some(environment));
            environment
        }
    });
    table().entry(environment).or_default();
    environment
}

/// This thread's environment; a closed one if the thread never loaded the addon.
pub(crate) fn current() -> Environment {
    CURRENT.with(|current| current.0.get()).unwrap_or(Environment(0))
}

impl Environment {
    /// Stores a lock and returns its number. None: the environment has ended.
    pub(crate) fn keep(self, held: &Arc<Held>) -> Option<i64> {
        let number = next_number();
        table().get_mut(&self)?.insert(number, held.clone());
        Some(number)
    }

    pub(crate) fn get(self, number: i64) -> Option<Arc<Held>> {
        table().get(&self)?.get(&number).cloned()
    }

    /// Removes a lock from the table.
    pub(crate) fn take(self, number: i64) -> Option<Arc<Held>> {
        table().get_mut(&self)?.remove(&number)
    }

    /// The lock of that root and lock file, and its number: the newest, if an older one was lost.
    pub(crate) fn find(self, root: RootId, lock_file: &Path) -> Option<(i64, Arc<Held>)> {
        let is_it = |held: &Held| held.root == Some(root) && held.target.plain_lock_file() == lock_file;
        let table = table();
        let (number, held) = table.get(&self)?.iter().rev().find(|(_, held)| is_it(held))?;
        Some((*number, held.clone()))
    }

    /// Releases the environment's locks and ends its waits. A second call does nothing.
    pub(crate) fn close(self) {
        let Some(locks) = table().remove(&self) else {
            return;
        };
        poll::close(self);
        for held in locks.into_values() {
            // A lock in use is released when that call returns, which has the last reference.
            if let Ok(mut guard) = held.guard.try_lock() {
                drop(guard.take());
            }
        }
    }
}

fn table() -> MutexGuard<'static, BTreeMap<Environment, Locks>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
