//! The C ABI. It exports what these modules define with `no_mangle`; `abi/symbols.txt` is the list, and a test compares
//! it with the built library. The doc comments of the exported functions become `include/ralph_lock.h`, so they address
//! C programmers.
//!
//! Each exported function does three things: check its arguments, call safe Rust, map the result. Pointers that C
//! passes in are read and written only in `call`.

mod call;
mod catch;
mod failure;
mod handles;

// In the header's order.
mod status;

mod guard;

mod find_root;

mod read;

mod inspect;

mod signal;

mod keepers;

mod probe;

mod handover;

mod options;

mod cancel;

mod waiter;

mod metadata;

mod error;

mod version;

#[cfg(all(test, not(unix)))]
mod tests {
    use std::ptr;

    use super::find_root::ralph_lock_find_root;
    use super::guard::{ralph_lock_acquire_blocking, ralph_lock_acquire_with, ralph_lock_try_acquire};
    use super::handover::ralph_lock_adopt_fd;
    use super::inspect::{ralph_lock_inspect, ralph_lock_state};
    use super::keepers::ralph_lock_find_keepers;
    use super::probe::ralph_lock_probe_filesystem;
    use super::read::{ralph_lock_is_locked, ralph_lock_read_existing};
    use super::signal::ralph_lock_signal_holder;
    use super::status::ralph_lock_status;
    use super::waiter::ralph_lock_waiter_new;
    use crate::sys::filesystem::Filesystem;

    #[test]
    fn without_flock_every_call_says_so() {
        let (root, prompt, nothing) = (c".".as_ptr(), c"prompt".as_ptr(), ptr::null_mut());
        let (mut guard, mut metadata, mut locked) = (ptr::null_mut(), ptr::null_mut(), true);
        let (mut waiter, mut state, mut count) = (ptr::null_mut(), ralph_lock_state::Held, 1);
        let mut verdict = Filesystem::Local;
        for got in [
            ralph_lock_try_acquire(root, prompt, &mut guard, ptr::null_mut(), nothing),
            ralph_lock_acquire_blocking(root, prompt, &mut guard, nothing),
            ralph_lock_acquire_with(root, prompt, ptr::null(), &mut guard, ptr::null_mut(), nothing),
            ralph_lock_waiter_new(root, prompt, ptr::null(), &mut waiter, nothing),
            ralph_lock_read_existing(root, &mut metadata, nothing),
            ralph_lock_is_locked(root, &mut locked, nothing),
            ralph_lock_inspect(root, &mut state, &mut metadata, nothing),
            ralph_lock_signal_holder(root, 0, nothing),
            ralph_lock_find_keepers(root, ptr::null_mut(), 0, &mut count, nothing),
            ralph_lock_probe_filesystem(root, &mut verdict, nothing),
            ralph_lock_find_root(root, ptr::null_mut(), 0, &mut count, nothing),
            ralph_lock_adopt_fd(root, prompt, ptr::null(), 0, &mut guard, nothing),
        ] {
            assert_eq!(got, ralph_lock_status::RALPH_LOCK_UNSUPPORTED_PLATFORM);
        }
        assert!(guard.is_null() && waiter.is_null() && metadata.is_null() && !locked);
        assert_eq!((state, count, verdict), (ralph_lock_state::Free, 0, Filesystem::Unknown));
    }
}
