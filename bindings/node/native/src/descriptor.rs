//! Descriptors as JavaScript has them: numbers.

#![allow(unsafe_code)]

use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

/// Makes the number the owner of its descriptor. None: it is no open descriptor.
pub(crate) fn own(number: i32) -> Option<OwnedFd> {
    if number < 0 {
        return None;
    }
    // SAFETY: it lives for this one call, which fails for a number that is no descriptor.
    fcntl_getfd(unsafe { BorrowedFd::borrow_raw(number) }).ok()?;
    // SAFETY: it is open, and the caller hands it over. A caller that closes it elsewhere meanwhile breaks the rule
    // that is documented at `adopt`.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Gives the number of a descriptor to JavaScript. Like all of Node's it is not inherited: a child has it through
/// `stdio`, and would inherit this one as a second copy, which its own children inherit too.
pub(crate) fn give(descriptor: OwnedFd) -> i32 {
    // It fails only for a descriptor that is not open.
    let _ = fcntl_setfd(&descriptor, FdFlags::CLOEXEC);
    descriptor.into_raw_fd()
}
