//! A value that is made at its first use, without a mutex: in a forked child a mutex may be locked by a thread that
//! does not exist there.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering::*};

pub(crate) struct Lazy<T>(AtomicPtr<T>);

impl<T: Send + Sync> Lazy<T> {
    pub(crate) const fn new() -> Lazy<T> {
        Lazy(AtomicPtr::new(null_mut()))
    }

    /// The value. If several threads make it at the same time, the first one's is kept and the others are dropped.
    pub(crate) fn get(&self, make: impl FnOnce() -> T) -> &T {
        let mut value = self.0.load(Acquire);
        if value.is_null() {
            let made = Box::into_raw(Box::new(make()));
            value = match self.0.compare_exchange(null_mut(), made, AcqRel, Acquire) {
                Ok(_) => made,
                Err(earlier) => {
                    // SAFETY: another thread's value was published first; this one was never shared.
                    drop(unsafe { Box::from_raw(made) });
                    earlier
                }
            };
        }
        // SAFETY: a published value is not changed, and is dropped with this object only.
        unsafe { &*value }
    }
}

impl<T> Drop for Lazy<T> {
    fn drop(&mut self) {
        let value = *self.0.get_mut();
        if !value.is_null() {
            // SAFETY: it was made by a Box, and an object that is dropped is not borrowed.
            drop(unsafe { Box::from_raw(value) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn threads_agree_on_one_value() {
        let lazy = Lazy::new();
        let values: Vec<usize> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|number: usize| {
                    scope.spawn({
                        let lazy = &lazy;
                        move || *lazy.get(|| number)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(values.iter().all(|value| *value == values[0]));
    }
}
