//! The record in the lock file: JSON that ralph-core writes and reads too.

use std::ops::Deref;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::LockError;
use crate::error::Fault;
use crate::process::{Identity, Liveness, Relation};
use crate::sys::process;

/// A longer prompt is refused.
pub(crate) const PROMPT_MAX: usize = 16 << 20;

/// A longer lock file is not read. What it has over PROMPT_MAX is room for the other keys and for
/// what JSON adds to a prompt (a newline takes two bytes there).
pub(crate) const FILE_MAX: usize = PROMPT_MAX + (2 << 20);

/// More than the other keys take, whatever they say.
const OTHER_KEYS_MAX: usize = 4096;

/// Who holds the lock: the record that every program can read in the lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockMetadata {
    /// The process that took the lock.
    pub pid: u32,

    /// When it took it.
    #[serde(with = "rfc3339")]
    pub started: DateTime<Utc>,

    /// What it is doing.
    pub prompt: String,
}

impl LockMetadata {
    /// `started` as the lock file spells it, for instance `2026-11-22T16:00:00.123456789Z`.
    pub fn started_rfc3339(&self) -> String {
        rfc3339::text(&self.started)
    }
}

/// Who holds a lock, or held it: the record, and what tells its process from others of that number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    metadata: LockMetadata,
    /// Empty in the record of a program that writes none, like ralph-core.
    identity: Identity,
}

impl Holder {
    /// The record in a lock file's text, or what is wrong with it.
    pub(crate) fn parse(text: &[u8]) -> Result<Box<Holder>, String> {
        // All of it, also where the parser passes over what it says.
        let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
        let keys: Keys = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let pid = number(keys.pid).and_then(|pid| pid.try_into().ok()).ok_or("\"pid\" is no process id")?;
        let started = self::text(keys.started).and_then(|started| rfc3339::parse(&started));
        let started = started.ok_or("\"started\" is no RFC 3339 time")?;
        let prompt = self::text(keys.prompt).ok_or("\"prompt\" is no text")?;
        // Other programs may use this key as they like.
        let holder = keys.holder.and_then(|holder| serde_json::from_str(holder.get()).ok());
        let keys: Keys = holder.unwrap_or_default();
        let identity = Identity {
            host: self::text(keys.host),
            boot_id: self::text(keys.boot_id),
            pid_ns: number(keys.pid_ns),
            start_time: number(keys.start_time),
        };
        Ok(Box::new(Holder { metadata: LockMetadata { pid, started, prompt }, identity }))
    }

    /// The name of the machine or container that it runs on, if the record has one.
    pub fn host(&self) -> Option<&str> {
        self.identity.host.as_deref()
    }

    /// Whether its process runs, as far as that can be told, at the moment of this call.
    pub fn liveness(&self) -> Liveness {
        self.identity.liveness(self.metadata.pid)
    }

    /// What its process is to this one.
    pub fn relation(&self) -> Relation {
        self.identity.relation(self.metadata.pid)
    }

    /// For a copy that is asked about its process alone.
    pub(crate) fn without_prompt(&self) -> Holder {
        let LockMetadata { pid, started, .. } = self.metadata;
        Holder { metadata: LockMetadata { pid, started, prompt: String::new() }, identity: self.identity.clone() }
    }

    /// Whether its process is known not to run: also when it waits to be reaped, or another has its number.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.liveness(), Liveness::Dead | Liveness::Recycled)
    }

    /// The quick part of that: whether nobody has its number.
    pub(crate) fn is_gone(&self) -> bool {
        self.identity.is_gone(self.metadata.pid)
    }
}

/// All keys that matter, of a record and of what it says under "holder". They are parsed once they are
/// known, so that one parser, without numbers and texts of its own, serves both.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Keys<'a> {
    #[serde(borrow)]
    pid: Option<&'a RawValue>,
    #[serde(borrow)]
    started: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    holder: Option<&'a RawValue>,
    #[serde(borrow)]
    host: Option<&'a RawValue>,
    #[serde(borrow)]
    boot_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pid_ns: Option<&'a RawValue>,
    #[serde(borrow)]
    start_time: Option<&'a RawValue>,
}

fn number(value: Option<&RawValue>) -> Option<u64> {
    value?.get().parse().ok()
}

fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
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

/// How `started` is spelled.
mod rfc3339 {
    use chrono::{DateTime, Datelike, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn text(time: &DateTime<Utc>) -> String {
        time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    /// With its offset, a time can lie in the year before 0 or after 9999, for which there is no such text in UTC.
    pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
        let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
        (0..=9999).contains(&time.year()).then_some(time)
    }

    pub(super) fn serialize<S: Serializer>(time: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&text(time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<DateTime<Utc>, D::Error> {
        parse(&String::deserialize(input)?).ok_or_else(|| D::Error::custom("\"started\" is no RFC 3339 time"))
    }
}

/// The text of a record, lacking nothing but the time. It is made before a wait, so that little is left
/// to do between having the lock and being named as its holder.
#[derive(Debug)]
pub(crate) struct Record {
    text: Vec<u8>,
    /// Where in the text the time belongs.
    started: usize,
}

/// As long as any time to the nanosecond, until the year 10000.
const NEVER: &str = "0000-00-00T00:00:00.000000000Z";

impl Record {
    /// That of this process with this prompt: `LockMetadata` as pretty JSON, and who it is.
    pub(crate) fn new(prompt: &str) -> Result<Record, Fault> {
        check_length("", prompt.len(), PROMPT_MAX)?;
        let prompt = serde_json::to_string(prompt).map_err(|error| LockError::invalid(error.to_string()))?;
        check_length(" as JSON", prompt.len(), FILE_MAX - OTHER_KEYS_MAX)?;
        let mut text = format!("{{\n  \"pid\": {},\n  \"started\": \"", process::id());
        let started = text.len();
        for part in [NEVER, "\",\n  \"prompt\": ", &prompt, ",\n  \"holder\": ", &Identity::own_json(), "\n}"] {
            text.push_str(part);
        }
        Ok(Record { text: text.into_bytes(), started })
    }

    /// The text that says: since that time after 1970.
    pub(crate) fn since(&mut self, time: Duration) -> &[u8] {
        let time = DateTime::from_timestamp(time.as_secs() as i64, time.subsec_nanos()).unwrap_or_default();
        let time = time.to_rfc3339_opts(SecondsFormat::Nanos, true);
        if time.len() == NEVER.len() {
            self.text[self.started..][..NEVER.len()].copy_from_slice(time.as_bytes());
        }
        &self.text
    }
}

fn check_length(form: &str, length: usize, limit: usize) -> Result<(), Fault> {
    if length <= limit {
        return Ok(());
    }
    Err(LockError::invalid(format!("the prompt has {length} bytes{form}; at most {limit} are allowed")))
}

/// Whether a lock file's text says that nobody is on record.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| b" \t\r\n".contains(byte))
}

#[cfg(test)]
mod tests {
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
                assert_eq!(parsed.identity, *Identity::own());
                // The same keys as serde writes, and one more.
                let metadata = serde_json::to_string_pretty(&parsed.metadata).unwrap();
                let own = format!(",\n  \"holder\": {}\n}}", Identity::own_json());
                assert_eq!(
                    String::from_utf8(text_of_record).unwrap(),
                    metadata.strip_suffix("\n}").unwrap().to_owned() + &own
                );
            }
        }
    }

    #[test]
    fn a_prompt_that_nobody_could_read_back_is_refused() {
        assert!(Record::new(&"x".repeat(PROMPT_MAX)).unwrap().since(Duration::MAX).len() <= FILE_MAX);
        for unreadable in ["x".repeat(PROMPT_MAX + 1), "\n".repeat(PROMPT_MAX)] {
            assert!(matches!(*Record::new(&unreadable).unwrap_err(), LockError::InvalidArgument(_)));
        }
    }

    #[test]
    fn other_keys_are_allowed_and_missing_ones_are_not() {
        let foreign = r#"{"pid":1,"started":"2026-11-22T16:00:00+02:00","prompt":"p","holder":{"x":[1]}}"#;
        let parsed = Holder::parse(foreign.as_bytes()).unwrap();
        assert_eq!(parsed.started_rfc3339(), "2026-11-22T14:00:00Z");
        assert_eq!(parsed.identity, Identity::default());
        assert!(serde_json::from_str::<LockMetadata>(r#"{"pid":1,"prompt":"p"}"#).is_err());
    }

    #[test]
    fn only_white_space_is_blank() {
        assert!(is_blank(b"") && is_blank(b" \n\t\r"));
        assert!(!is_blank(b" {") && !is_blank(b"\0"));
    }
}
