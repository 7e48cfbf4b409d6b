//! Thread cancellation, pthread_setcancelstate(3).

#[cfg(all(unix, not(target_os = "android")))]
mod state {
    use std::ffi::c_int;

    // The libc crate declares it for few systems.
    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, earlier: *mut c_int) -> c_int;
    }

    #[cfg(target_vendor = "apple")]
    const DISABLE: c_int = 0;
    #[cfg(not(target_vendor = "apple"))]
    const DISABLE: c_int = 1;

    /// While this value exists, the thread is not cancelled.
    pub(crate) struct Disabled(c_int);

    impl Disabled {
        pub(crate) fn new() -> Disabled {
            let mut earlier = DISABLE;
            // SAFETY: the function writes one number, the thread's earlier state.
            unsafe { pthread_setcancelstate(DISABLE, &mut earlier) };
            Disabled(earlier)
        }
    }

    impl Drop for Disabled {
        fn drop(&mut self) {
            let mut disabled = DISABLE;
            // SAFETY: as above. The call is not a cancellation point: with the deferred type, a pending cancellation
            // takes effect at the caller's next one.
            unsafe { pthread_setcancelstate(self.0, &mut disabled) };
        }
    }
}

/// Threads cannot be cancelled here.
#[cfg(not(all(unix, not(target_os = "android"))))]
mod state {
    pub(crate) struct Disabled;

    impl Disabled {
        pub(crate) fn new() -> Disabled {
            Disabled
        }
    }
}

pub(crate) use state::Disabled;
