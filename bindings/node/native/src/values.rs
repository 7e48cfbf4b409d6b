//! Holders and failures as plain objects for JavaScript.

use napi::bindgen_prelude::{BigInt, Buffer};
use napi_derive::napi;
use ralph_lock::{Holder, Liveness, LockError, Relation};

use crate::environment::Held;
use crate::target::{Root, Target};

/// A holder, with its process's present liveness and relation.
#[napi(object, object_from_js = false)]
pub struct HolderValue {
    pub pid: u32,
    pub local_pid: Option<u32>,
    pub started_ns: BigInt,
    pub started_text: String,
    pub prompt: String,
    pub host: Option<String>,
    pub summary: String,
    pub liveness: &'static str,
    pub relation: &'static str,
}

impl From<&Holder> for HolderValue {
    fn from(holder: &Holder) -> HolderValue {
        let beyond = if holder.started.timestamp() < 0 { i64::MIN } else { i64::MAX };
        HolderValue {
            pid: holder.pid,
            local_pid: holder.local_pid(),
            started_ns: holder.started.timestamp_nanos_opt().unwrap_or(beyond).into(),
            started_text: holder.started_rfc3339(),
            prompt: holder.prompt.clone(),
            host: holder.host().map(str::to_owned),
            summary: holder.summary(),
            liveness: match holder.liveness() {
                Liveness::Unknown => "unknown",
                Liveness::Live => "live",
                Liveness::Dead => "dead",
                Liveness::Recycled => "recycled",
                Liveness::Foreign => "foreign",
            },
            relation: match holder.relation() {
                Relation::Unknown => "unknown",
                Relation::Own => "self",
                Relation::Ancestor => "ancestor",
                Relation::Other => "other",
            },
        }
    }
}

/// A held lock.
#[napi(object, object_from_js = false)]
pub struct LockValue {
    pub number: i64,
    pub path: Buffer,
}

impl LockValue {
    pub(crate) fn of(number: i64, held: &Held) -> LockValue {
        LockValue { number, path: held.target.root.spell(&held.path).into() }
    }
}

/// A failed call.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// The status as `ralph_lock.h` names it.
    pub status: &'static str,
    pub message: String,
    /// The operating system's error number, 0 if there is none.
    pub os_code: i32,
    pub path: Option<String>,
    pub holder: Option<HolderValue>,
}

impl Failure {
    pub(crate) fn new(root: &Root, error: &LockError) -> Failure {
        Failure {
            status: status(error),
            message: root.spell_in(&error.to_string()),
            os_code: error.os_code().unwrap_or(0),
            path: error.path().map(|path| String::from_utf8_lossy(&root.spell(path)).into_owned()),
            holder: error.holder().map(HolderValue::from),
        }
    }

    pub(crate) fn of(status: &'static str, message: impl Into<String>) -> Failure {
        Failure { status, message: message.into(), os_code: 0, path: None, holder: None }
    }

    pub(crate) fn panic() -> Failure {
        Failure::of("RALPH_LOCK_PANIC", "a bug in ralph_lock ended this call; please report it")
    }

    /// For a lock that is no longer held.
    pub(crate) fn ended() -> Failure {
        Failure::of("RALPH_LOCK_INVALID_HANDLE", "this lock was released or handed over already")
    }

    pub(crate) fn cancelled() -> Failure {
        Failure::of("RALPH_LOCK_CANCELLED", "the wait was cancelled")
    }

    /// For a wait that times out while its mount does not answer.
    pub(crate) fn unanswered(target: &Target) -> Failure {
        let lock_file = target.root.spell(&target.root.path().join(target.lock_file()));
        let path = String::from_utf8_lossy(&lock_file).into_owned();
        let message = format!("timed out waiting for {path:?}, whose file system does not answer");
        Failure { path: Some(path), ..Failure::of("RALPH_LOCK_TIMED_OUT", message) }
    }

    /// For an environment that ended while taking a lock, which was released.
    pub(crate) fn closed() -> Failure {
        Failure::of("RALPH_LOCK_CANCELLED", "the thread that asked for this lock has ended")
    }
}

fn status(error: &LockError) -> &'static str {
    match error {
        LockError::AlreadyLocked { .. } => "RALPH_LOCK_ALREADY_LOCKED",
        LockError::TimedOut { .. } => "RALPH_LOCK_TIMED_OUT",
        LockError::Cancelled { .. } => "RALPH_LOCK_CANCELLED",
        LockError::NotFound { .. } => "RALPH_LOCK_NOT_FOUND",
        LockError::Interrupted { .. } => "RALPH_LOCK_INTERRUPTED",
        LockError::Lost { .. } => "RALPH_LOCK_LOST",
        LockError::NoRecord { .. } => "RALPH_LOCK_PARSE",
        LockError::NotLive { .. } => "RALPH_LOCK_NOT_LIVE",
        LockError::InvalidArgument(_) | LockError::NotLockFile { .. } => "RALPH_LOCK_INVALID_ARGUMENT",
        LockError::UnsupportedPlatform => "RALPH_LOCK_UNSUPPORTED_PLATFORM",
        LockError::UnsupportedFilesystem { .. } | LockError::Unsettled { .. } => "RALPH_LOCK_UNSUPPORTED_FILESYSTEM",
        _ => "RALPH_LOCK_IO",
    }
}
