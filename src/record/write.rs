//! The record that this library writes.

use std::borrow::Cow;
use std::time::Duration;

use super::time::{self, NEVER};
use crate::process::ProcessId;
use crate::sys::process::{self, PerProcess};

/// A longer prompt is refused.
pub(crate) const PROMPT_MAX: usize = 16 << 20;

/// A longer lock file is not read. It exceeds PROMPT_MAX to make room for the other keys and for JSON's escapes in the
/// prompt (a newline takes two bytes).
pub(crate) const FILE_MAX: usize = PROMPT_MAX + (2 << 20);

/// The limit of the prompt as JSON. The other keys take at most 4 KiB.
const JSON_MAX: usize = FILE_MAX - 4096;

// The text before, between and after the values: pretty JSON, as serde_json, and so ralph-core, prints it.
const PID: &str = "{\n  \"pid\": ";
const STARTED: &str = ",\n  \"started\": \"";
const PROMPT: &str = "\",\n  \"prompt\": ";
const HOLDER: &str = ",\n  \"holder\": ";
const END: &str = "\n}";

/// The text of a record, complete except for the time.
#[derive(Debug)]
pub(crate) struct Record<'p> {
    prompt: &'p str,
    /// Empty until it is needed: a refused caller needs none.
    text: Vec<u8>,
    /// The offset of the time in the text.
    started: usize,
}

impl<'p> Record<'p> {
    /// The record of this process with this prompt: `LockMetadata` as pretty JSON, and the process's identity.
    pub(crate) fn new(prompt: &'p str) -> Result<Record<'p>, String> {
        check_length("", prompt.len(), PROMPT_MAX)?;
        // Determine the identity now, not while the lock is held without a record.
        Own::texts();
        let mut record = Record { prompt, text: Vec::new(), started: 0 };
        // In JSON a byte takes up to six, as in \u0000.
        if prompt.len() > JSON_MAX / 6 {
            check_length(" as JSON", record.make(), JSON_MAX)?;
        }
        Ok(record)
    }

    /// The same with its text made, so that the record can be written soon after a wait has ended.
    pub(crate) fn made(mut self) -> Record<'static> {
        if self.text.is_empty() {
            self.make();
        }
        Record { prompt: "", ..self }
    }

    /// Makes the text, and returns the length of the prompt as JSON.
    fn make(&mut self) -> usize {
        let (own, text) = (Own::texts(), &mut self.text);
        // With room for all of it, unless the prompt has many characters to escape.
        let known = own.begin.len() + NEVER.len() + PROMPT.len() + own.end.len();
        text.reserve_exact(known + self.prompt.len() + 32);
        text.extend_from_slice(own.begin.as_bytes());
        self.started = text.len();
        text.extend_from_slice(NEVER.as_bytes());
        text.extend_from_slice(PROMPT.as_bytes());
        // Writing a string as JSON to memory does not fail.
        serde_json::to_writer(&mut *text, self.prompt).unwrap_or_default();
        text.extend_from_slice(own.end.as_bytes());
        text.len() - known
    }

    /// The text with this time, which is given as the time since 1970.
    pub(crate) fn since(&mut self, time: Duration) -> &[u8] {
        if self.text.is_empty() {
            self.make();
        }
        self.text[self.started..][..NEVER.len()].copy_from_slice(time::to_the_nanosecond(time).as_bytes());
        &self.text
    }

    /// The text itself, for the guard.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text)
    }
}

/// Whether a text is the beginning of a record that this library writes. A process that is killed while it writes
/// leaves such a text, with blanks after it.
pub(crate) fn is_begun(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(rest) = text.strip_prefix(PID.as_bytes()) else {
        return PID.as_bytes().starts_with(text);
    };
    let rest = &rest[digits(rest)..];
    let Some(rest) = rest.strip_prefix(STARTED.as_bytes()) else {
        return STARTED.as_bytes().starts_with(rest);
    };
    let (time, rest) = rest.split_at(rest.len().min(NEVER.len()));
    let like_never = |(byte, never): (&u8, u8)| if never == b'0' { byte.is_ascii_digit() } else { *byte == never };
    let is_time = time.iter().zip(NEVER.bytes()).all(like_never);
    is_time && (rest.starts_with(PROMPT.as_bytes()) || PROMPT.as_bytes().starts_with(rest))
}

/// The parts that all records of this process have in common: before the time and after the prompt.
#[derive(Clone)]
struct Own {
    begin: String,
    end: String,
    identity: ProcessId,
}

impl Own {
    fn texts() -> Cow<'static, Own> {
        static OWN: PerProcess<Own> = PerProcess::new();
        OWN.get(Own::make, |own| own.identity.is_complete())
    }

    fn make() -> Own {
        let identity = ProcessId::own().into_owned();
        let end = format!("{HOLDER}{}{END}", serde_json::to_string(&identity).unwrap_or_default());
        Own { begin: format!("{PID}{}{STARTED}", process::id()), end, identity }
    }
}

fn check_length(form: &str, length: usize, limit: usize) -> Result<(), String> {
    if length <= limit {
        return Ok(());
    }
    Err(format!("the prompt has {length} bytes{form}; at most {limit} are allowed"))
}

/// What a release writes over a record. A longer record is truncated instead. Overwritten in place, the file keeps its
/// block: the next acquire is quick, and possible on a full disk.
pub(crate) static BLANKS: [u8; 4096] = [b' '; 4096];

/// Whether a lock file's text is only white space.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    // A release leaves spaces, which are compared quickly.
    BLANKS.starts_with(text) || text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::super::metadata::{Holder, LockMetadata};
    use super::*;

    #[test]
    fn a_record_is_the_metadata_as_pretty_json() {
        for text in ["", "implement auth", "two\nlines \"quoted\" \\ \u{1} ü 😀"] {
            let mut record = Record::new(text).unwrap();
            for nanoseconds in [123_456_789, 1_000_000_001] {
                let text_of_record = record.since(Duration::from_nanos(nanoseconds)).to_owned();
                let parsed = Holder::parse(&text_of_record).unwrap();
                assert_eq!((parsed.pid, parsed.prompt.as_str()), (std::process::id(), text));
                assert_eq!(parsed.started.timestamp_nanos_opt(), Some(nanoseconds as i64));
                assert_eq!(*parsed.identity(), *ProcessId::own());
                // The same keys as serde writes, and one more.
                let metadata = serde_json::to_string_pretty(&parsed as &LockMetadata).unwrap();
                let own = format!(",\n  \"holder\": {}\n}}", serde_json::to_string(&*ProcessId::own()).unwrap());
                assert_eq!(
                    String::from_utf8(text_of_record).unwrap(),
                    metadata.strip_suffix("\n}").unwrap().to_owned() + &own
                );
            }
        }
    }

    #[test]
    fn the_beginning_of_a_record_is_known_as_one() {
        let record = Record::new("two\nlines").unwrap().since(Duration::from_nanos(1)).to_owned();
        for end in 0..=record.len() {
            assert!(is_begun(&record[..end]), "{end}");
            assert!(is_begun(&[&record[..end], b"   \n".as_slice()].concat()), "{end}");
        }
        for other in
            ["#!/bin/sh", "{}", "{\n  \"pid\": x", "{\n  \"pid\": 1 2", "{\n  \"name\": 1", "\0\0", " {", "{\"pid\":1}"]
        {
            assert!(!is_begun(other.as_bytes()), "{other}");
        }
        let another = String::from_utf8(record).unwrap().replace("1970-", "1970x");
        assert!(!is_begun(another.as_bytes()));
    }

    #[test]
    fn a_text_that_is_made_early_is_the_same() {
        for prompt in ["short", &"long".repeat(1 << 20)] {
            let (mut late, mut early) = (Record::new(prompt).unwrap(), Record::new(prompt).unwrap().made());
            assert_eq!(late.since(Duration::ZERO), early.since(Duration::ZERO));
        }
    }

    #[test]
    fn a_prompt_that_cannot_be_read_back_is_refused() {
        assert!(Record::new(&"x".repeat(PROMPT_MAX)).unwrap().since(Duration::MAX).len() <= FILE_MAX);
        for unreadable in ["x".repeat(PROMPT_MAX + 1), "\n".repeat(PROMPT_MAX)] {
            assert!(Record::new(&unreadable).is_err());
        }
    }

    #[test]
    fn only_white_space_is_blank() {
        assert!(is_blank(b"") && is_blank(b" \n\t\r") && is_blank(&[b' '; 5000]));
        assert!(!is_blank(b" {") && !is_blank(b"\0") && !is_blank(&[[b' '; 600].as_slice(), b"x"].concat()));
    }
}
