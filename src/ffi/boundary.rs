//! The border between C and Rust: every pointer from C is read or written here, and no panic gets
//! past this file. What C promises about its pointers is written in the header: NULL where it says
//! so, else the address of a variable of that type, or of a NUL-terminated string.

use std::cell::Cell;
use std::ffi::{CStr, c_char};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::cancel::ralph_lock_cancel;
use super::error::{Failure, ralph_lock_error};
use super::guard::ralph_lock_guard;
use super::metadata::ralph_lock_metadata;
use super::options::ralph_lock_options;
use super::status::ralph_lock_status;
use super::waiter::ralph_lock_waiter;
use crate::error::{Fault, LockError};
use crate::sys::table::{Named, Ref, Table};

/// Runs a fallible exported function: maps its result to a status, and its failure to an error
/// object if the caller wants one.
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

/// Not generic like `status`, so that it is compiled once and not for each exported function.
fn report(failure: Failure, error: &Out<*mut ralph_lock_error>) -> ralph_lock_status {
    let status = failure.status();
    #[cfg(unix)]
    let os_code = failure.os_code();
    if error.is_wanted() {
        error.set(catch(|| ralph_lock_error::new(failure)).unwrap_or(ptr::null_mut()));
    }
    // Last, because making the error object may change it.
    #[cfg(unix)]
    if os_code != 0 {
        crate::sys::errno::set(os_code);
    }
    status
}

/// Runs an exported function that cannot fail; should it panic all the same, gives the fall-back.
pub(super) fn value<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch(body).unwrap_or(fallback)
}

/// A result's place in the caller's memory, emptied at once.
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

    /// For a result that makes no sense without a place for it.
    pub(super) fn required(&self) -> Result<(), Fault> {
        if self.is_wanted() { Ok(()) } else { Err(is_null(self.name)) }
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.place.is_null()
    }

    pub(super) fn set(&self, value: T) {
        if self.is_wanted() {
            // SAFETY: not NULL, so it is the address of a variable of this type (see above). What
            // was in it is not dropped: it is C's.
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

    pub(super) fn required(&self) -> Result<(), Fault> {
        if self.capacity == 0 || !self.place.is_null() { Ok(()) } else { Err(is_null(self.name)) }
    }

    /// As many of them as there is room for.
    pub(super) fn fill(&self, values: &[T]) {
        if !self.place.is_null() {
            let count = values.len().min(self.capacity);
            // SAFETY: not NULL, so it is the address of `capacity` variables of this type (see above),
            // which are C's and not part of the values.
            unsafe { self.place.copy_from_nonoverlapping(values.as_ptr(), count) };
        }
    }
}

/// A path that C passes. It lives as long as the pointer variable that is borrowed.
pub(super) fn path<'a>(name: &'static str, pointer: &'a *const c_char) -> Result<&'a Path, Fault> {
    let bytes = string(name, pointer)?.to_bytes();
    #[cfg(unix)]
    return Ok(Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes)));
    #[cfg(not(unix))]
    return utf8(name, bytes).map(Path::new);
}

/// A text that C passes, in UTF-8.
// Inlined: as LockGuard::announce.
#[inline(always)]
pub(super) fn text<'a>(name: &'static str, pointer: &'a *const c_char) -> Result<&'a str, Fault> {
    utf8(name, string(name, pointer)?.to_bytes())
}

#[inline(always)]
fn utf8<'a>(name: &'static str, bytes: &'a [u8]) -> Result<&'a str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        LockError::invalid(format!("{name} is not UTF-8: the byte at offset {} is wrong", error.valid_up_to()))
    })
}

fn string<'a>(name: &'static str, pointer: &'a *const c_char) -> Result<&'a CStr, Fault> {
    if pointer.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: not NULL, so it is a NUL-terminated string that C leaves alone during the call (see
    // above); the borrow of the pointer variable ends before the call does.
    Ok(unsafe { CStr::from_ptr(*pointer) })
}

/// The error for a parameter that must not be NULL.
fn is_null(name: &'static str) -> Fault {
    LockError::invalid(format!("{name} is NULL"))
}

/// All objects that C has handles of. What C takes for a pointer is a handle, never read through.
static OBJECTS: Table = Table::new();

/// What C can have handles of. A handle of one type is none of another, because they are of different kinds.
macro_rules! objects {
    ($($name:ident),*) => {
        #[allow(non_camel_case_types)]
        enum Kind { $($name),* }
        // SAFETY: each has a variant of its own.
        $(unsafe impl Named for $name { const KIND: u8 = Kind::$name as u8; })*
    };
}

objects!(
    ralph_lock_guard,
    ralph_lock_metadata,
    ralph_lock_error,
    ralph_lock_options,
    ralph_lock_cancel,
    ralph_lock_waiter
);

/// Hands an object over to C; NULL, and the object dropped, when there are no handles left.
pub(super) fn hand_over<T: Named>(object: T) -> *mut T {
    ptr::without_provenance_mut(OBJECTS.insert(object).unwrap_or(0))
}

/// The same for an object without which the call has failed.
pub(super) fn hand_over_or_fail<T: Named>(object: T) -> Result<*mut T, Failure> {
    let handle = hand_over(object);
    if handle.is_null() {
        let error = std::io::Error::from_raw_os_error(libc::ENOMEM);
        return Err(Failure::System("make a handle, there are too many objects that were not freed", error));
    }
    Ok(handle)
}

/// The object of a handle that C passes as the parameter of that name.
pub(super) fn find<T: Named>(name: &'static str, handle: *const T) -> Result<Ref<'static, T>, Failure> {
    if handle.is_null() {
        return Err(is_null(name).into());
    }
    look_up(handle).ok_or(Failure::InvalidHandle(name))
}

/// The same where a handle that is not live has an answer of its own.
pub(super) fn look_up<T: Named>(handle: *const T) -> Option<Ref<'static, T>> {
    OBJECTS.get(handle.addr())
}

/// The object itself, which ends as one with a handle, if nobody else uses it at this moment.
pub(super) fn take<T: Named>(handle: *const T) -> Option<Box<T>> {
    OBJECTS.take(handle.addr())
}

/// Ends an object, for an exported function that does nothing else. What is no live handle is left alone.
pub(super) fn free<T: Named>(handle: *const T) {
    value((), || {
        OBJECTS.remove::<T>(handle.addr());
    });
}

thread_local! {
    /// How many exported functions this thread is inside of.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// None when the body panicked. Nothing is printed then: standard error is the caller's.
fn catch<T>(body: impl FnOnce() -> T) -> Option<T> {
    silence_our_panics();
    DEPTH.with(|depth| {
        depth.set(depth.get() + 1);
        let result = panic::catch_unwind(AssertUnwindSafe(body)).ok();
        depth.set(depth.get() - 1);
        result
    })
}

/// Wraps the panic hook, once, so that a panic below an exported function stays quiet. Panics of a
/// Rust program that contains this library go to the hook that was there. Not while such a program
/// is panicking: the hook must not be changed then.
fn silence_our_panics() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.load(Relaxed) || std::thread::panicking() || DONE.swap(true, Relaxed) {
        return;
    }
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if DEPTH.get() == 0 {
            earlier(panic);
        }
    }));
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
        assert_eq!(DEPTH.get(), 0);
        super::super::error::ralph_lock_error_free(error);
        assert_eq!(value(7, || panic!("nor this")), 7);
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
