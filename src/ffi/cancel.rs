//! Cancel tokens.

use std::ptr;

use super::call::{Out, status};
use super::error::ralph_lock_error;
use super::failure::Failure;
use super::handles::{self, free, hand_over_or_fail};
use super::status::ralph_lock_status;
use crate::sys::table::Ref;
use crate::wait::CancelToken;

/// Ends waits from another thread. One token can serve many waits in many threads. The caller owns it and frees it with
/// ralph_lock_cancel_free(). It is valid in the process that made it: in a forked child it is not a live handle.
#[allow(non_camel_case_types)]
pub struct ralph_lock_cancel(CancelToken);

/// The token behind a handle from C.
pub(super) fn token(cancel: *const ralph_lock_cancel) -> Result<CancelToken, Failure> {
    Ok(find(cancel)?.0.clone())
}

fn find(cancel: *const ralph_lock_cancel) -> Result<Ref<'static, ralph_lock_cancel>, Failure> {
    let found = handles::find("cancel", cancel)?;
    if found.0.is_own() { Ok(found) } else { Err(Failure::InvalidHandle("cancel")) }
}

/// Makes a token.
///
/// `cancel` receives the token on RALPH_LOCK_OK, else NULL. The caller frees it with ralph_lock_cancel_free(). Must not
/// be NULL. `error` as in ralph_lock_try_acquire().
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_IO: there is no descriptor left (EMFILE, ENFILE, ENOMEM)
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_cancel_new(
    cancel: *mut *mut ralph_lock_cancel,
    error: *mut *mut ralph_lock_error,
) -> ralph_lock_status {
    let cancel = Out::new("cancel", cancel, ptr::null_mut());
    status(error, || {
        cancel.required()?;
        let made = CancelToken::new().map_err(|error| Failure::System("make a cancel token", error))?;
        cancel.set(hand_over_or_fail(ralph_lock_cancel(made))?);
        Ok(())
    })
}

/// Ends every wait that has the token with RALPH_LOCK_CANCELLED: those in progress at once, later ones as they begin. A
/// second call does nothing. It takes no lock and allocates nothing.
///
/// `cancel`: NULL is RALPH_LOCK_INVALID_ARGUMENT.
///
/// - RALPH_LOCK_OK
/// - RALPH_LOCK_INVALID_ARGUMENT
/// - RALPH_LOCK_INVALID_HANDLE: freed, never a token, or a token of the parent process
/// - RALPH_LOCK_PANIC
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_cancel_trigger(cancel: *mut ralph_lock_cancel) -> ralph_lock_status {
    status(ptr::null_mut(), || {
        find(cancel)?.0.trigger();
        Ok(())
    })
}

/// Frees a token. Waits and options that have the token keep it, but it can no longer be triggered. NULL and a freed
/// token are left alone.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_cancel_free(cancel: *mut ralph_lock_cancel) {
    free(cancel);
}
