//! The library's version, which Cargo.toml defines.

use std::ffi::{CStr, c_char};

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => unreachable!(),
};

/// The version of the running library, for instance "0.1.0"; the macro RALPH_LOCK_VERSION is the version that the
/// program was compiled with. Never NULL. The string is static and is not freed.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_version() -> *const c_char {
    VERSION.as_ptr()
}
