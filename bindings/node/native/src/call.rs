//! Calls that access a file system run in libuv's thread pool, like those of `node:fs`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::bindgen_prelude::{AsyncTask, Either, ToNapiValue, TypeName};
use napi::{Env, Task};

use crate::values::Failure;

/// The result for JavaScript: the value or the failure.
pub(crate) type Outcome<T> = Either<T, Failure>;

type Work<T> = Box<dyn FnOnce() -> Result<T, Failure> + Send>;

pub struct Call<T>(Option<Work<T>>);

impl<T: ToNapiValue + TypeName + Send + 'static> Task for Call<T> {
    type Output = Outcome<T>;
    type JsValue = Outcome<T>;

    fn compute(&mut self) -> napi::Result<Outcome<T>> {
        Ok(outcome(self.0.take().unwrap_or_else(|| Box::new(|| Err(Failure::panic())))))
    }

    fn resolve(&mut self, _env: Env, outcome: Outcome<T>) -> napi::Result<Outcome<T>> {
        Ok(outcome)
    }
}

/// Runs the work in the pool.
pub(crate) fn call<T: ToNapiValue + TypeName + Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> AsyncTask<Call<T>> {
    AsyncTask::new(Call(Some(Box::new(work))))
}

/// Runs the work in this thread. A panic becomes a failure: it must not end the process.
pub(crate) fn outcome<T>(work: impl FnOnce() -> Result<T, Failure>) -> Outcome<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Either::A(value),
        Ok(Err(failure)) => Either::B(failure),
        Err(_) => Either::B(Failure::panic()),
    }
}
