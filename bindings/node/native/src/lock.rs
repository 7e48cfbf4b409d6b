//! Takes a lock at once, and operates on held locks.

use std::os::fd::IntoRawFd;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi_derive::napi;
use ralph_lock::{LockError, LockGuard, LoopLock};

use crate::call::{Call, Outcome, call, outcome};
use crate::descriptor;
use crate::environment::{self, Environment, Held};
use crate::target::Target;
use crate::values::{Failure, HolderValue, LockValue};

/// Takes the lock now.
#[napi]
pub fn try_acquire(root: Buffer, prompt: String, lock_file: Option<Buffer>) -> AsyncTask<Call<LockValue>> {
    let (environment, target) = (environment::current(), Target::new(&root, lock_file.as_deref()));
    call(move || {
        let options = target.options().timeout(Duration::ZERO);
        match LoopLock::acquire_with(target.root.path(), &prompt, &options) {
            Ok(guard) => keep(environment, guard, &target),
            Err(error) => Err(Failure::new(&target.root, &error)),
        }
    })
}

/// Makes a lock of a descriptor that another process handed over. On failure the descriptor stays the caller's.
#[napi]
pub fn adopt(root: Buffer, prompt: String, fd: i32, lock_file: Option<Buffer>) -> AsyncTask<Call<LockValue>> {
    let (environment, target) = (environment::current(), Target::new(&root, lock_file.as_deref()));
    call(move || {
        let no_descriptor = || Failure::of("RALPH_LOCK_INVALID_ARGUMENT", format!("{fd} is not an open descriptor"));
        let descriptor = descriptor::own(fd).ok_or_else(no_descriptor)?;
        match LockGuard::adopt(target.root.path(), &prompt, &target.options(), descriptor) {
            Ok(guard) => keep(environment, guard, &target),
            Err((error, descriptor)) => {
                let _ = descriptor.into_raw_fd();
                Err(Failure::new(&target.root, &error))
            }
        }
    })
}

/// Stores a taken lock in the environment that asked for it. If that has ended, the lock is released.
pub(crate) fn keep(environment: Environment, guard: LockGuard, target: &Target) -> Result<LockValue, Failure> {
    let held = Arc::new(Held::new(guard, target));
    let number = environment.keep(&held).ok_or_else(Failure::closed)?;
    Ok(LockValue::of(number, &held))
}

/// This environment's lock of that workspace.
#[napi]
pub fn held(root: Buffer, lock_file: Option<Buffer>) -> AsyncTask<Call<Option<LockValue>>> {
    let (environment, target) = (environment::current(), Target::new(&root, lock_file.as_deref()));
    call(move || {
        let root = target.root.id().ok();
        let found = root.and_then(|root| environment.find(root, &target.plain_lock_file()));
        Ok(found.map(|(number, held)| LockValue::of(number, &held)))
    })
}

/// Whether this environment holds the lock of that number.
#[napi]
pub fn is_held(lock: i64) -> bool {
    environment::current().get(lock).is_some()
}

/// The holder on record when the lock was taken, with its present liveness.
#[napi]
pub fn previous(lock: i64) -> Outcome<Option<HolderValue>> {
    outcome(|| {
        let held = environment::current().get(lock).ok_or_else(Failure::ended)?;
        Ok(held.previous.as_ref().map(HolderValue::from))
    })
}

#[napi]
pub fn release(lock: i64) -> AsyncTask<Call<()>> {
    let environment = environment::current();
    call(move || end(environment, lock, LockGuard::release))
}

#[napi]
pub fn release_sync(lock: i64) -> Outcome<()> {
    outcome(|| end(environment::current(), lock, LockGuard::release))
}

/// Turns the lock into a descriptor.
#[napi]
pub fn into_fd(lock: i64) -> Outcome<i32> {
    outcome(|| end(environment::current(), lock, LockGuard::into_fd).map(descriptor::give))
}

/// Checks that the lock is still the workspace's.
#[napi]
pub fn verify(lock: i64) -> AsyncTask<Call<()>> {
    with(lock, LockGuard::verify)
}

/// Puts the lock file back after it was removed or replaced.
#[napi]
pub fn restore(lock: i64) -> AsyncTask<Call<()>> {
    with(lock, LockGuard::restore)
}

/// Uses the lock, once no other call does.
fn with(lock: i64, how: fn(&LockGuard) -> Result<(), LockError>) -> AsyncTask<Call<()>> {
    let environment = environment::current();
    call(move || {
        let held = environment.get(lock).ok_or_else(Failure::ended)?;
        let guard = held.guard();
        how(guard.as_ref().ok_or_else(Failure::ended)?).map_err(|error| Failure::new(&held.target.root, &error))
    })
}

/// Removes the lock from its environment, and ends it once no other call uses it.
fn end<T>(
    environment: Environment,
    lock: i64,
    how: impl FnOnce(LockGuard) -> Result<T, LockError>,
) -> Result<T, Failure> {
    let held = environment.take(lock).ok_or_else(Failure::ended)?;
    let guard = held.guard().take().ok_or_else(Failure::ended)?;
    how(guard).map_err(|error| Failure::new(&held.target.root, &error))
}
