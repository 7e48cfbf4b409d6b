//! C's `errno`, which callers such as cgo and ctypes read along with the returned status, and its texts.

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
use libc::__errno as location;
#[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "redox"))]
use libc::__errno_location as location;
#[cfg(target_os = "dragonfly")]
use libc::__errno_location as location;
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
use libc::__error as location;

/// The system's text for an error number, strerror(3).
pub(crate) fn text(code: i32) -> String {
    let mut text = [0u8; 128];
    // SAFETY: the system writes at most that many bytes, the last of them a NUL. A text that does not fit is cut; for
    // an unknown number it says so, or is empty.
    unsafe { libc::strerror_r(code, text.as_mut_ptr().cast(), text.len()) };
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    String::from_utf8_lossy(&text[..end]).into_owned()
}

pub(crate) fn set(code: i32) {
    // SAFETY: the function returns the address of the calling thread's errno, valid as long as it runs.
    unsafe { *location() = code };
}
