//! The holder on record, as C sees it.

use std::ffi::{CString, c_char};
use std::ptr;

use super::boundary::{c_string, free, hand_over, look_up, value};
use crate::LockMetadata;

/// Who is on record as the holder of a lock: a copy, taken at one moment, that belongs to the
/// caller, who frees it with ralph_lock_metadata_free().
#[allow(non_camel_case_types)]
pub struct ralph_lock_metadata {
    pid: u32,
    started_unix_ns: i64,
    started_rfc3339: CString,
    prompt: CString,
}

impl ralph_lock_metadata {
    /// Puts a record where C can look at it; NULL if there is no room.
    pub(super) fn new(metadata: &LockMetadata) -> *mut ralph_lock_metadata {
        let beyond = if metadata.started.timestamp() < 0 { i64::MIN } else { i64::MAX };
        hand_over(ralph_lock_metadata {
            pid: metadata.pid,
            started_unix_ns: metadata.started.timestamp_nanos_opt().unwrap_or(beyond),
            started_rfc3339: c_string(&metadata.started_rfc3339()),
            prompt: c_string(&metadata.prompt),
        })
    }
}

/// The process id of the holder, as the holder sees it: in another pid namespace the number means
/// another process, or none. 0 for NULL and freed metadata.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_pid(metadata: *const ralph_lock_metadata) -> u32 {
    value(0, || look_up(metadata).map_or(0, |metadata| metadata.pid))
}

/// When the holder took the lock, by the holder's clock: nanoseconds since 1970-01-01 00:00 UTC. A
/// time that does not fit (before 1677 or after 2262) gives INT64_MIN or INT64_MAX. 0 for NULL and
/// freed metadata.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_started_unix_ns(metadata: *const ralph_lock_metadata) -> i64 {
    value(0, || look_up(metadata).map_or(0, |metadata| metadata.started_unix_ns))
}

/// The same moment as text in UTC, for instance "2026-11-22T16:00:00.123456789Z" (RFC 3339). NULL
/// for NULL and freed metadata. Borrowed until ralph_lock_metadata_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_started_rfc3339(metadata: *const ralph_lock_metadata) -> *const c_char {
    value(ptr::null(), || look_up(metadata).map_or(ptr::null(), |metadata| metadata.started_rfc3339.as_ptr()))
}

/// What the holder is doing, in its own words: UTF-8 of any length, perhaps with line breaks. (A NUL
/// inside it, which no C program can have written, shows as U+FFFD.) NULL for NULL and freed
/// metadata. Borrowed until ralph_lock_metadata_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_prompt(metadata: *const ralph_lock_metadata) -> *const c_char {
    value(ptr::null(), || look_up(metadata).map_or(ptr::null(), |metadata| metadata.prompt.as_ptr()))
}

/// Frees metadata and every string borrowed from it. NULL and metadata that was freed already are
/// left alone.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_free(metadata: *mut ralph_lock_metadata) {
    free(metadata);
}
