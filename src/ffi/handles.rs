//! The objects that C has handles of. What C takes for a pointer is a handle, never read through.

use std::any::Any;
use std::ptr;

use super::catch::value;
use super::failure::Failure;
use crate::sys::table::{Ref, Table};

static OBJECTS: Table = Table::new();

/// What C can have handles of.
pub(super) trait Object: Any + Send + Sync {}

impl<T: Any + Send + Sync> Object for T {}

/// Hands an object over to C; NULL, and the object dropped, when there are no handles left.
pub(super) fn hand_over<T: Object>(object: T) -> *mut T {
    ptr::without_provenance_mut(OBJECTS.insert(object).unwrap_or(0))
}

/// The same for an object without which the call has failed.
pub(super) fn hand_over_or_fail<T: Object>(object: T) -> Result<*mut T, Failure> {
    let handle = hand_over(object);
    if handle.is_null() { Err(Failure::no_room()) } else { Ok(handle) }
}

/// The object of a handle that C passes as the parameter of that name.
pub(super) fn find<T: Object>(name: &'static str, handle: *const T) -> Result<Ref<'static, T>, Failure> {
    if handle.is_null() {
        return Err(Failure::is_null(name));
    }
    look_up(handle).ok_or(Failure::InvalidHandle(name))
}

/// The same where a handle that is not live has an answer of its own.
pub(super) fn look_up<T: Object>(handle: *const T) -> Option<Ref<'static, T>> {
    OBJECTS.get(handle.addr())
}

/// Ends an object, for an exported function that does nothing else. What is no live handle is left alone.
pub(super) fn free<T: Object>(handle: *const T) {
    value((), || {
        OBJECTS.remove::<T>(handle.addr());
    });
}
