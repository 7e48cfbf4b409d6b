//! C's `errno`, which callers such as cgo and ctypes read next to the returned status.

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
use libc::__errno as location;
#[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "redox"))]
use libc::__errno_location as location;
#[cfg(target_os = "dragonfly")]
use libc::__errno_location as location;
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
use libc::__error as location;

pub(crate) fn set(code: i32) {
    // SAFETY: the function returns the address of the calling thread's errno, valid as long as it runs.
    unsafe { *location() = code };
}
