//! A wait: its promise, and how it is settled.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{Buffer, Object};
use napi::{Env, JsDeferred};
use napi_derive::napi;
use ralph_lock::{AcquireOptions, LockGuard};

use crate::call::{Outcome, outcome};
use crate::environment::{self, Environment};
use crate::lock::keep;
use crate::poll;
use crate::target::Target;
use crate::values::{Failure, LockValue};

type Settle = Box<dyn FnOnce(Env) -> napi::Result<Outcome<LockValue>> + Send>;

/// The arguments, and the promise to settle.
pub(crate) struct Job {
    pub number: i64,
    pub environment: Environment,
    pub target: Target,
    pub prompt: String,
    timeout: Option<Duration>,
    /// None if the wait has no limit, or one beyond the clock's range.
    pub deadline: Option<Instant>,
    /// None after the promise is settled.
    promise: Mutex<Option<JsDeferred<Outcome<LockValue>, Settle>>>,
}

/// A number by which a wait can be cancelled.
#[napi]
pub fn new_wait() -> i64 {
    environment::next_number()
}

/// Waits for the lock. `timeout` is in milliseconds; None for no limit.
#[napi]
pub fn acquire(
    env: &Env,
    wait: i64,
    root: Buffer,
    prompt: String,
    timeout: Option<i64>,
    lock_file: Option<Buffer>,
) -> napi::Result<Object<'_>> {
    let (promise, object) = env.create_deferred()?;
    let timeout = timeout.and_then(|milliseconds| milliseconds.try_into().ok()).map(Duration::from_millis);
    poll::begin(Job {
        number: wait,
        environment: environment::current(),
        target: Target::new(&root, lock_file.as_deref()),
        prompt,
        timeout,
        deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        promise: Mutex::new(Some(promise)),
    });
    Ok(object)
}

/// Ends that wait, unless it is over.
#[napi]
pub fn cancel(wait: i64) {
    poll::cancel(wait);
}

impl Job {
    pub(crate) fn options(&self) -> AcquireOptions {
        match self.timeout {
            Some(timeout) => self.target.options().timeout(timeout),
            None => self.target.options(),
        }
    }

    /// Settles the promise, unless it is settled: then a lock that was taken is released.
    pub(crate) fn settle(&self, end: Result<LockGuard, Failure>) {
        let promise = self.promise.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(promise) = promise {
            let outcome = outcome(|| keep(self.environment, end?, &self.target));
            promise.resolve(Box::new(move |_| Ok(outcome)));
        }
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.promise.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}
