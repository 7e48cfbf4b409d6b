//! Surrounds the exported functions: no panic escapes, and thread cancellation is disabled. Unwinding a cancelled
//! thread through Rust code would abort the process.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::sys::cancellation;

thread_local! {
    /// How many exported functions this thread is inside.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs an exported function that cannot fail. If it panics, returns the fall-back.
pub(super) fn value<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch(body).unwrap_or(fallback)
}

/// None if the body panicked. Nothing is printed: standard error is the caller's.
pub(super) fn catch<T>(body: impl FnOnce() -> T) -> Option<T> {
    silence_our_panics();
    let _not_cancelled = cancellation::Disabled::new();
    DEPTH.with(|depth| {
        depth.set(depth.get() + 1);
        let result = panic::catch_unwind(AssertUnwindSafe(body)).ok();
        depth.set(depth.get() - 1);
        result
    })
}

/// Wraps the panic hook, once, so that a panic inside an exported function is not printed. Panics of a Rust program
/// that contains this library go to its own hook. While such a program is panicking, the hook must not be changed.
fn silence_our_panics() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.load(Relaxed) || std::thread::panicking() || DONE.swap(true, Relaxed) {
        return;
    }
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if DEPTH.get() == 0 {
            earlier(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_fall_back() {
        assert_eq!(value(7, || panic!("this text must not be printed")), 7);
        assert_eq!(DEPTH.get(), 0);
    }
}
