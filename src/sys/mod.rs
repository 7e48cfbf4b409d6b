//! All `unsafe` code below the C ABI: a safe function for each system call, and data shared by threads without a mutex,
//! which a fork(2) in another thread could leave locked in the child.
//!
//! Nothing here decides anything; the protocol is in `lock/`.

#[cfg(feature = "ffi")]
pub(crate) mod cancellation;
pub(crate) mod handle;
#[cfg(feature = "ffi")]
pub(crate) mod lazy;
pub(crate) mod process;
pub(crate) mod table;

#[cfg(unix)]
pub(crate) mod access;
#[cfg(unix)]
pub(crate) mod clock;
#[cfg(unix)]
pub(crate) mod descriptor;
#[cfg(unix)]
pub(crate) mod errno;
#[cfg(unix)]
pub(crate) mod file;
pub(crate) mod filesystem;
#[cfg(unix)]
pub(crate) mod flock;
#[cfg(kinfo)]
pub(crate) mod kinfo;
#[cfg(unix)]
pub(crate) mod mount;
#[cfg(unix)]
pub(crate) mod number;

#[cfg(linux)]
#[path = "linux/mod.rs"]
mod system;
#[cfg(kqueue)]
#[path = "kqueue/mod.rs"]
mod system;
#[cfg(all(unix, not(linux), not(kqueue)))]
#[path = "portable/mod.rs"]
mod system;
#[cfg(unix)]
pub(crate) use system::{event, watch};

#[cfg(unix)]
use std::io;

/// Turns the -1 of a system call into an error with its `errno`.
#[cfg(unix)]
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Repeats a call that a signal handler interrupts. For calls that do not wait.
#[cfg(unix)]
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
            result => return result,
        }
    }
}
