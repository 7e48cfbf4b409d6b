//! The holder on record, for C.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use chrono::{DateTime, Utc};

use super::catch::value;
use super::failure::Failure;
use super::handles::{free, hand_over_or_fail, look_up};
use crate::process::{FoundAs, Liveness, ProcessId, Relation, Seen};
use crate::record::{Holder, Summary, UNKNOWN_HOLDER, rfc3339};
use crate::sys::lazy::Lazy;

/// A copy of a lock's record, taken at one moment: the holder, since when, and its prompt. The caller owns it and frees
/// it with ralph_lock_metadata_free().
#[allow(non_camel_case_types)]
pub struct ralph_lock_metadata {
    pid: u32,
    identity: ProcessId,
    found_as: FoundAs,
    started: DateTime<Utc>,
    prompt: CString,
    host: Option<CString>,
    // Made when they are asked for.
    started_rfc3339: Lazy<CString>,
    summary: Lazy<CString>,
}

impl ralph_lock_metadata {
    /// Makes a record into an object for C.
    pub(super) fn new(holder: &Holder) -> Result<*mut ralph_lock_metadata, Failure> {
        ralph_lock_metadata::of(holder).map_or_else(|| Err(Failure::no_room()), hand_over_or_fail)
    }

    /// None: there is no memory for it.
    fn of(holder: &Holder) -> Option<ralph_lock_metadata> {
        Some(ralph_lock_metadata {
            pid: holder.pid,
            identity: holder.identity().clone(),
            found_as: holder.seen().found_as.clone(),
            started: holder.started,
            prompt: c_string(&holder.prompt)?,
            host: match holder.host() {
                Some(host) => Some(c_string(host)?),
                None => None,
            },
            started_rfc3339: Lazy::new(),
            summary: Lazy::new(),
        })
    }

    fn seen(&self) -> Seen<'_> {
        Seen { identity: &self.identity, pid: self.pid, found_as: &self.found_as }
    }

    fn summary(&self) -> &CStr {
        self.summary.get(|| {
            let host = self.host.as_ref().map(|host| host.to_str().unwrap_or_default());
            let prompt = self.prompt.to_str().unwrap_or_default();
            let summary = Summary { pid: self.pid, host, started: &self.started, prompt };
            // It has no NUL, because NULs are escaped.
            CString::new(summary.to_string()).unwrap_or_default()
        })
    }

    fn started_rfc3339(&self) -> &CStr {
        self.started_rfc3339.get(|| CString::new(rfc3339(&self.started)).unwrap_or_default())
    }
}

/// A copy for C, where NUL can only be the end of a string: one inside the text becomes U+FFFD. None: there is no
/// memory for it; another program may have decided how long it is.
fn c_string(text: &str) -> Option<CString> {
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
    let inside = text.matches('\0').count();
    let mut copy = Vec::new();
    copy.try_reserve_exact(text.len() + inside * (REPLACEMENT.len() - 1) + 1).ok()?;
    for (index, part) in text.as_bytes().split(|byte| *byte == 0).enumerate() {
        if index > 0 {
            copy.extend_from_slice(REPLACEMENT);
        }
        copy.extend_from_slice(part);
    }
    CString::new(copy).ok()
}

/// The process id of the holder in the holder's own pid namespace: in another namespace it means another process, or
/// none. 0 for NULL and freed metadata.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_pid(metadata: *const ralph_lock_metadata) -> u32 {
    value(0, || look_up(metadata).map_or(0, |metadata| metadata.pid))
}

/// The process id of the holder in the caller's pid namespace, for kill(2), ps(1) and the like. For a holder in a
/// container it differs from ralph_lock_metadata_pid(): it is that of the process which the kernel listed as the owner
/// of the lock when the metadata was made, and which the record identifies.
///
/// 0 if the holder is not known to be visible there: it runs on another host or in a pid namespace that the caller
/// cannot see, it has ended, or its record has no identity. 0 for NULL and freed metadata.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_local_pid(metadata: *const ralph_lock_metadata) -> u32 {
    value(0, || look_up(metadata).and_then(|metadata| metadata.seen().local_pid()).unwrap_or(0))
}

/// When the holder took the lock, by the holder's clock, in nanoseconds since 1970-01-01 00:00 UTC. A time out of range
/// (before 1677 or after 2262) gives INT64_MIN or INT64_MAX. 0 for NULL and freed metadata.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_started_unix_ns(metadata: *const ralph_lock_metadata) -> i64 {
    value(0, || {
        look_up(metadata).map_or(0, |metadata| {
            let beyond = if metadata.started.timestamp() < 0 { i64::MIN } else { i64::MAX };
            metadata.started.timestamp_nanos_opt().unwrap_or(beyond)
        })
    })
}

/// When the holder took the lock, as text in UTC, for instance "2026-11-22T16:00:00.123456789Z" (RFC 3339). NULL for
/// NULL and freed metadata. Borrowed until ralph_lock_metadata_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_started_rfc3339(metadata: *const ralph_lock_metadata) -> *const c_char {
    value(ptr::null(), || look_up(metadata).map_or(ptr::null(), |metadata| metadata.started_rfc3339().as_ptr()))
}

/// What the holder is doing, in its own words: UTF-8 of any length, possibly with line breaks. A NUL inside it, which
/// no C program can have written, appears as U+FFFD. NULL for NULL and freed metadata. Borrowed until
/// ralph_lock_metadata_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_prompt(metadata: *const ralph_lock_metadata) -> *const c_char {
    value(ptr::null(), || look_up(metadata).map_or(ptr::null(), |metadata| metadata.prompt.as_ptr()))
}

/// The name of the machine or container on which the holder runs; NULL if the record has none (ralph-core writes none),
/// and for NULL and freed metadata. Borrowed until ralph_lock_metadata_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_host(metadata: *const ralph_lock_metadata) -> *const c_char {
    value(ptr::null(), || {
        look_up(metadata).and_then(|metadata| Some(metadata.host.as_ref()?.as_ptr())).unwrap_or(ptr::null())
    })
}

/// The holder in one line of UTF-8, safe to print at a terminal: the process id, the host if it is not this one, since
/// when, and the prompt, for instance "process 4711 since 2026-11-22T16:00:00Z: implement auth". Control,
/// bidirectional, zero-width and other invisible characters are escaped, as in "\n" or "\u{202e}", and a long prompt is
/// cut after 200 characters.
///
/// Never NULL: for NULL and freed metadata it says that the holder is unknown. Borrowed until
/// ralph_lock_metadata_free().
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_summary(metadata: *const ralph_lock_metadata) -> *const c_char {
    value(UNKNOWN_HOLDER.as_ptr(), || {
        look_up(metadata).map_or(UNKNOWN_HOLDER.as_ptr(), |metadata| metadata.summary().as_ptr())
    })
}

/// Whether the holder's process runs at the moment of this call, as far as that can be determined. The process is
/// identified by its process id, boot, pid namespace and start time (proc(5)), so that a process that reuses the id is
/// not taken for it. The host name decides only if the record has no boot id: a host can be renamed. Another user's
/// process counts as running.
///
/// A holder in a container, that is, in another pid namespace of the same boot, is found among the owners of locks in
/// /proc/locks. From then on this metadata knows it, also after it has released the lock.
///
/// Liveness says nothing about the lock: a forked child can keep a dead holder's lock, and a live process can have lost
/// its own, for instance by execve(2).
///
/// - RALPH_LOCK_LIVENESS_UNKNOWN: also for NULL and freed metadata
/// - RALPH_LOCK_LIVENESS_LIVE
/// - RALPH_LOCK_LIVENESS_DEAD
/// - RALPH_LOCK_LIVENESS_RECYCLED
/// - RALPH_LOCK_LIVENESS_FOREIGN
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_liveness(metadata: *const ralph_lock_metadata) -> Liveness {
    value(Liveness::Unknown, || look_up(metadata).map_or(Liveness::Unknown, |metadata| metadata.seen().liveness()))
}

/// The relation of the holder's process to the calling one. A child of the holder learns here that its ancestor runs
/// this loop, and can continue inside it instead of waiting for it. A process whose parent has ended has lost its
/// ancestors. A process in a container does not see ancestors outside it: they are RALPH_LOCK_RELATION_OTHER.
///
/// - RALPH_LOCK_RELATION_UNKNOWN: the record has no identity, its start time is in the clock of another time
///   namespace, or the caller's ancestors cannot be looked up. Also for NULL and freed metadata.
/// - RALPH_LOCK_RELATION_SELF
/// - RALPH_LOCK_RELATION_ANCESTOR
/// - RALPH_LOCK_RELATION_OTHER
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_relation(metadata: *const ralph_lock_metadata) -> Relation {
    value(Relation::Unknown, || look_up(metadata).map_or(Relation::Unknown, |metadata| metadata.seen().relation()))
}

/// Frees metadata and every string borrowed from it. NULL and freed metadata are left alone.
#[unsafe(no_mangle)]
pub extern "C" fn ralph_lock_metadata_free(metadata: *mut ralph_lock_metadata) {
    free(metadata);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_inside_a_text_does_not_cut_it() {
        for (text, copy) in [("a\0b", c"a\u{fffd}b"), ("", c""), ("c", c"c"), ("\0", c"\u{fffd}")] {
            assert_eq!(c_string(text).as_deref(), Some(copy));
        }
    }
}
