//! The objects that C has handles for. The pointers that C has are handles, and are never dereferenced.

use std::any::Any;
use std::ptr;

use super::catch::value;
use super::failure::Failure;
use crate::sys::table::{Ref, Table};

static OBJECTS: Table = Table::new();

/// A type that C can have handles for.
pub(super) trait Object: Any + Send + Sync {}

impl<T: Any + Send + Sync> Object for T {}

/// Hands an object over to C; if no handle is left, drops it and returns NULL.
pub(super) fn hand_over<T: Object>(object: T) -> *mut T {
    ptr::without_provenance_mut(OBJECTS.insert(object).unwrap_or(0))
}

/// The same for an object without which the call fails.
pub(super) fn hand_over_or_fail<T: Object>(object: T) -> Result<*mut T, Failure> {
    let handle = hand_over(object);
    if handle.is_null() { Err(Failure::no_room()) } else { Ok(handle) }
}

/// The object of the handle that C passes as the named parameter.
pub(super) fn find<T: Object>(name: &'static str, handle: *const T) -> Result<Ref<'static, T>, Failure> {
    if handle.is_null() {
        return Err(Failure::is_null(name));
    }
    look_up(handle).ok_or(Failure::InvalidHandle(name))
}

/// The same for a function with its own answer for a handle that is not live.
pub(super) fn look_up<T: Object>(handle: *const T) -> Option<Ref<'static, T>> {
    OBJECTS.get(handle.addr())
}

/// Frees an object. A handle that is not live is left alone. For exported functions that do nothing else.
pub(super) fn free<T: Object>(handle: *const T) {
    value((), || {
        OBJECTS.remove::<T>(handle.addr());
    });
}
