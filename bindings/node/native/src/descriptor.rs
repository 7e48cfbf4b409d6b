//! Descriptors, which are numbers in JavaScript.

#![allow(unsafe_code)]

use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

/// Takes ownership of the numbered descriptor. None: it is not open.
pub(crate) fn own(number: i32) -> Option<OwnedFd> {
    if number < 0 {
        return None;
    }
    // SAFETY: it lives for this one call, which fails for a number that is not a descriptor.
    fcntl_getfd(unsafe { BorrowedFd::borrow_raw(number) }).ok()?;
    // SAFETY: it is open, and the caller hands it over. A caller that closes it elsewhere meanwhile breaks the rule
    // that is documented at `adopt`.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Passes the number of a descriptor to JavaScript. Like all of Node's it is close-on-exec: a child gets it through
/// `stdio`, and would otherwise inherit a second copy, which its own children inherit too.
pub(crate) fn give(descriptor: OwnedFd) -> i32 {
    // It fails only for a descriptor that is not open.
    let _ = fcntl_setfd(&descriptor, FdFlags::CLOEXEC);
    descriptor.into_raw_fd()
}
