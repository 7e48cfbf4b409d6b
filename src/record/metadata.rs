//! The process on record in the lock file: JSON that ralph-core writes and reads too.

use std::ffi::CStr;
use std::fmt;
use std::ops::Deref;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::read::{self, Parsed, Unreadable};
use super::time;
use crate::escape;
use crate::process::{FoundAs, Liveness, ProcessId, Relation, Seen};
use crate::sys::process;

/// How many characters of a prompt and of a host name a summary shows.
const PROMPT_SHOWN: usize = 200;
const HOST_SHOWN: usize = 64;

/// The summary of an unknown holder.
pub(crate) const UNKNOWN_HOLDER: &CStr = c"an unknown process, which left no record";

/// The holder of the lock: the record that every program can read in the lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockMetadata {
    /// The process that took the lock.
    pub pid: u32,

    /// When it took the lock.
    #[serde(with = "time")]
    pub started: DateTime<Utc>,

    /// What it is doing.
    pub prompt: String,
}

impl LockMetadata {
    /// `started` as in the lock file, for instance `2026-11-22T16:00:00.123456789Z`.
    pub fn started_rfc3339(&self) -> String {
        time::text(&self.started)
    }
}

/// The holder of a lock, present or past: its record, with what identifies its process beyond the pid.
#[derive(Debug, Clone)]
pub struct Holder {
    metadata: LockMetadata,
    /// Empty in the record of a program that writes none, like ralph-core.
    identity: ProcessId,
    found_as: FoundAs,
}

/// Two holders are equal if their records are.
impl PartialEq for Holder {
    fn eq(&self, other: &Holder) -> bool {
        (&self.metadata, &self.identity) == (&other.metadata, &other.identity)
    }
}

impl Eq for Holder {}

impl Holder {
    pub(crate) fn new(metadata: LockMetadata, identity: ProcessId) -> Holder {
        Holder { metadata, identity, found_as: FoundAs::default() }
    }

    /// The record in a lock file's text, which any program may have written.
    pub(crate) fn parse(text: &[u8]) -> Result<Box<Holder>, Unreadable> {
        let Parsed { pid, started, prompt, identity } = read::parse(text)?;
        Ok(Box::new(Holder::new(LockMetadata { pid, started, prompt }, identity)))
    }

    /// The name of the machine or container that it runs on, if the record has one.
    pub fn host(&self) -> Option<&str> {
        self.identity.host.as_deref()
    }

    /// Whether its process runs at the moment of this call, as far as that can be determined.
    pub fn liveness(&self) -> Liveness {
        self.seen().liveness()
    }

    /// The relation of its process to this one.
    pub fn relation(&self) -> Relation {
        self.seen().relation()
    }

    /// The process id in the caller's pid namespace, which differs from the one on record for a holder in a container.
    /// None: it has ended, or is not visible from there.
    pub fn local_pid(&self) -> Option<u32> {
        self.seen().local_pid()
    }

    /// One line for people, safe to print at a terminal: the process, its host if it is not this one, since when, and
    /// the prompt. Control, bidirectional and invisible characters are escaped, and a long prompt is cut.
    pub fn summary(&self) -> String {
        Summary { pid: self.pid, host: self.host(), started: &self.started, prompt: &self.prompt }.to_string()
    }

    /// What identifies its process beyond the pid.
    pub(crate) fn identity(&self) -> &ProcessId {
        &self.identity
    }

    /// Its process, as seen from here.
    pub(crate) fn seen(&self) -> Seen<'_> {
        Seen { identity: &self.identity, pid: self.metadata.pid, found_as: &self.found_as }
    }

    /// Whether its process is known to have ended: also if it is a zombie, or another process has its pid now.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.liveness(), Liveness::Dead | Liveness::Recycled)
    }

    /// The same, but quicker: a process that has its pid now is taken for it.
    pub(crate) fn is_gone(&self) -> bool {
        self.seen().is_gone()
    }
}

/// A holder in one line, as [`Holder::summary`] has it.
pub(crate) struct Summary<'a> {
    pub(crate) pid: u32,
    pub(crate) host: Option<&'a str>,
    pub(crate) started: &'a DateTime<Utc>,
    pub(crate) prompt: &'a str,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "process {}", self.pid)?;
        if let Some(host) = self.host.filter(|host| process::host_name().as_deref() != Some(host)) {
            out.write_str(" on host ")?;
            escape::write_cut(host, HOST_SHOWN, out)?;
        }
        write!(out, " since {}", self.started.to_rfc3339_opts(SecondsFormat::Secs, true))?;
        if !self.prompt.is_empty() {
            out.write_str(": ")?;
            escape::write_cut(self.prompt, PROMPT_SHOWN, out)?;
        }
        Ok(())
    }
}

impl Deref for Holder {
    type Target = LockMetadata;

    fn deref(&self) -> &LockMetadata {
        &self.metadata
    }
}

impl From<Holder> for LockMetadata {
    fn from(holder: Holder) -> LockMetadata {
        holder.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_line_that_hides_nothing() {
        let holder = |prompt: &str, host: Option<String>| {
            let started = time::parse("2026-11-22T16:00:00.123456789Z").unwrap();
            let metadata = LockMetadata { pid: 4711, started, prompt: prompt.to_owned() };
            Holder::new(metadata, ProcessId { host, ..ProcessId::default() }).summary()
        };
        let plain = "process 4711 since 2026-11-22T16:00:00Z";
        assert_eq!(holder("", None), plain);
        assert_eq!(holder("implement auth", process::host_name()), format!("{plain}: implement auth"));
        let elsewhere = "process 4711 on host a\\nb since 2026-11-22T16:00:00Z: two\\nlines\\u{1b}[2J";
        assert_eq!(holder("two\nlines\u{1b}[2J", Some("a\nb".to_owned())), elsewhere);
        assert_eq!(holder(&"ü".repeat(201), None), format!("{plain}: {}…", "ü".repeat(200)));
    }

    #[test]
    fn other_keys_are_allowed_and_missing_ones_are_not() {
        let foreign = r#"{"pid":1,"started":"2026-11-22T16:00:00+02:00","prompt":"p","holder":{"x":[1]}}"#;
        let parsed = Holder::parse(foreign.as_bytes()).unwrap();
        assert_eq!(parsed.started_rfc3339(), "2026-11-22T14:00:00Z");
        assert_eq!(parsed.identity, ProcessId::default());
        for holder in ["5", "null", "[]", r#"{"host":5,"pid_ns":1}"#, r#"{"pid_ns":-1}"#] {
            let foreign = format!(r#"{{"pid":1,"started":"2026-11-22T16:00:00Z","holder":{holder},"prompt":"p"}}"#);
            assert_eq!(Holder::parse(foreign.as_bytes()).unwrap().identity, ProcessId::default(), "{holder}");
        }
        assert!(serde_json::from_str::<LockMetadata>(r#"{"pid":1,"prompt":"p"}"#).is_err());
    }
}
