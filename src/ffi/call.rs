//! The boundary between C and Rust: every pointer from C is read or written here. The header states what C must pass:
//! NULL where it is allowed, otherwise the address of a variable of that type, or of a NUL-terminated string.

use std::ffi::{CStr, c_char};
use std::path::Path;
use std::ptr;

use super::catch::catch;
use super::error::ralph_lock_error;
use super::failure::Failure;
use super::status::ralph_lock_status;
use crate::error::LockError;

/// Runs a fallible exported function. Maps its result to a status, and a failure to an error object if the caller
/// passed a place for one.
pub(super) fn status(
    error: *mut *mut ralph_lock_error,
    body: impl FnOnce() -> Result<(), Failure>,
) -> ralph_lock_status {
    let error = Out::new("error", error, ptr::null_mut());
    match catch(body).unwrap_or(Err(Failure::Panic)) {
        Ok(()) => ralph_lock_status::RALPH_LOCK_OK,
        Err(failure) => report(failure, &error),
    }
}

/// Not generic like `status`, so that it is compiled once rather than for each exported function.
fn report(failure: Failure, error: &Out<*mut ralph_lock_error>) -> ralph_lock_status {
    let status = failure.status();
    let os_code = failure.os_code();
    if error.is_wanted() {
        let fixed = ralph_lock_error::fixed(status, os_code);
        error.set(catch(|| ralph_lock_error::new(failure)).flatten().unwrap_or(fixed));
    }
    // Last, because creating the error object may change it.
    #[cfg(unix)]
    if os_code != 0 {
        crate::sys::errno::set(os_code);
    }
    status
}

/// The place of a result in the caller's memory, which is cleared at once.
pub(super) struct Out<T> {
    name: &'static str,
    place: *mut T,
}

impl<T> Out<T> {
    pub(super) fn new(name: &'static str, place: *mut T, nothing: T) -> Out<T> {
        let out = Out { name, place };
        out.set(nothing);
        out
    }

    /// For a result whose place is required.
    pub(super) fn required(&self) -> Result<(), Failure> {
        if self.is_wanted() { Ok(()) } else { Err(Failure::is_null(self.name)) }
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.place.is_null()
    }

    pub(super) fn set(&self, value: T) {
        if self.is_wanted() {
            // SAFETY: not NULL, so it is the address of a variable of this type (see above). Its old value belongs to C
            // and is not dropped.
            unsafe { self.place.write(value) };
        }
    }
}

/// Room for a number of results in the caller's memory.
pub(super) struct OutSlice<T> {
    name: &'static str,
    place: *mut T,
    capacity: usize,
}

impl<T: Copy> OutSlice<T> {
    pub(super) fn new(name: &'static str, place: *mut T, capacity: usize) -> OutSlice<T> {
        OutSlice { name, place, capacity }
    }

    pub(super) fn required(&self) -> Result<(), Failure> {
        if self.capacity == 0 || !self.place.is_null() { Ok(()) } else { Err(Failure::is_null(self.name)) }
    }

    /// Stores as many as fit.
    pub(super) fn fill(&self, values: &[T]) {
        if !self.place.is_null() {
            let count = values.len().min(self.capacity);
            // SAFETY: not NULL, so it is the address of `capacity` variables of this type (see above), which belong to
            // C and do not overlap the values.
            unsafe { self.place.copy_from_nonoverlapping(values.as_ptr(), count) };
        }
    }
}

/// A path passed by C. It lives as long as the borrowed pointer variable.
pub(super) fn path<'a>(name: &'static str, pointer: &'a *const c_char) -> Result<&'a Path, Failure> {
    let bytes = string(name, pointer)?.to_bytes();
    #[cfg(unix)]
    return Ok(Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes)));
    #[cfg(not(unix))]
    return utf8(name, bytes).map(Path::new);
}

/// A UTF-8 text passed by C.
pub(super) fn text<'a>(name: &'static str, pointer: &'a *const c_char) -> Result<&'a str, Failure> {
    utf8(name, string(name, pointer)?.to_bytes())
}

fn utf8<'a>(name: &'static str, bytes: &'a [u8]) -> Result<&'a str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| {
        LockError::invalid(format!("{name} is not UTF-8: the byte at offset {} is invalid", error.valid_up_to())).into()
    })
}

fn string<'a>(name: &'static str, pointer: &'a *const c_char) -> Result<&'a CStr, Failure> {
    if pointer.is_null() {
        return Err(Failure::is_null(name));
    }
    // SAFETY: not NULL, so it is a NUL-terminated string (see above), which C does not change during the call; the
    // borrow of the pointer variable ends before the call does.
    Ok(unsafe { CStr::from_ptr(*pointer) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status_with_an_error_object() {
        let mut error = ptr::null_mut();
        let got = status(&mut error, || panic!("this text must not be printed"));
        assert_eq!(got, ralph_lock_status::RALPH_LOCK_PANIC);
        assert!(!error.is_null());
        super::super::error::ralph_lock_error_free(error);
    }

    #[test]
    fn results_are_emptied_first() {
        let mut place = ptr::without_provenance_mut::<u8>(1);
        let out = Out::new("place", &mut place, ptr::null_mut());
        assert!(out.required().is_ok());
        assert!(place.is_null());
        assert!(Out::new("place", ptr::null_mut::<u8>(), 0).required().is_err());
    }
}
