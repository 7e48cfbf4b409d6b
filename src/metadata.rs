//! The record in the lock file: JSON that ralph-core writes and reads too.

use std::borrow::Cow;
use std::ops::Deref;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::LockError;
use crate::error::Fault;
use crate::process::{Identity, Liveness, Relation};
use crate::sys::process::{self, PerProcess};

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
        // Other programs may use the key "holder" as they like: then it says nothing to us.
        let keys: Keys = serde_json::from_str(text)
            .or_else(|_| serde_json::from_str::<Keys<IgnoredAny>>(text).map(Keys::without_identity))
            .map_err(|error| error.to_string())?;
        let started = rfc3339::parse(&keys.started).ok_or("\"started\" is no RFC 3339 time")?;
        let metadata = LockMetadata { pid: keys.pid, started, prompt: keys.prompt };
        Ok(Box::new(Holder { metadata, identity: keys.holder.unwrap_or_default() }))
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

    /// For somebody who keeps the prompt elsewhere.
    pub(crate) fn take_prompt(&mut self) -> String {
        std::mem::take(&mut self.metadata.prompt)
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

/// The keys that matter of a record.
#[derive(Deserialize)]
struct Keys<'a, H = Identity> {
    pid: u32,
    #[serde(borrow)]
    started: Cow<'a, str>,
    prompt: String,
    holder: Option<H>,
}

impl<'a> Keys<'a, IgnoredAny> {
    fn without_identity(self) -> Keys<'a> {
        Keys { pid: self.pid, started: self.started, prompt: self.prompt, holder: None }
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

/// How `started` is spelled.
mod rfc3339 {
    use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::NEVER;

    /// With as many digits of the second as it takes: none, three, six or nine.
    pub(super) fn text(time: &DateTime<Utc>) -> String {
        let Some(text) = to_the_nanosecond(time) else {
            return time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        };
        let mut digits = &text[..text.len() - 1];
        while digits.len() > SECONDS.len() && digits.ends_with(b"000") {
            digits = &digits[..digits.len() - 3];
        }
        let digits = digits.strip_suffix(b".").unwrap_or(digits);
        String::from_utf8([digits, b"Z"].concat()).unwrap_or_default()
    }

    const SECONDS: &[u8] = b"0000-00-00T00:00:00.";

    /// With all nine digits of the second. None where it does not fit: in other years than 0 to 9999, and within a
    /// leap second. Every acquire needs this, and a general formatter takes several times as long.
    pub(super) fn to_the_nanosecond(time: &DateTime<Utc>) -> Option<[u8; NEVER.len()]> {
        let time = time.naive_utc();
        let year = u32::try_from(time.year()).ok().filter(|year| *year <= 9999)?;
        let nanosecond = Some(time.nanosecond()).filter(|nanosecond| *nanosecond < 1_000_000_000)?;
        let mut text = *NEVER;
        put(&mut text[0..4], year);
        put(&mut text[5..7], time.month());
        put(&mut text[8..10], time.day());
        put(&mut text[11..13], time.hour());
        put(&mut text[14..16], time.minute());
        put(&mut text[17..19], time.second());
        put(&mut text[20..29], nanosecond);
        Some(text)
    }

    /// As many of a number's last digits as there is room for.
    #[inline]
    fn put(place: &mut [u8], mut number: u32) {
        for digit in place.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
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
const NEVER: &[u8; 30] = b"0000-00-00T00:00:00.000000000Z";

impl Record {
    /// That of this process with this prompt: `LockMetadata` as pretty JSON, and who it is.
    pub(crate) fn new(prompt: &str) -> Result<Record, Fault> {
        check_length("", prompt.len(), PROMPT_MAX)?;
        let prompt = serde_json::to_string(prompt).map_err(|error| LockError::invalid(error.to_string()))?;
        check_length(" as JSON", prompt.len(), FILE_MAX - OTHER_KEYS_MAX)?;
        let own = Own::texts();
        // With room for all of it, so that it need not grow.
        let mut text = Vec::with_capacity(own.begin.len() + NEVER.len() + prompt.len() + own.end.len() + 32);
        text.extend_from_slice(own.begin.as_bytes());
        let started = text.len();
        text.extend_from_slice(NEVER);
        for part in ["\",\n  \"prompt\": ", &prompt, &own.end] {
            text.extend_from_slice(part.as_bytes());
        }
        Ok(Record { text, started })
    }

    /// The text that says: since that time after 1970.
    pub(crate) fn since(&mut self, time: Duration) -> &[u8] {
        let time = DateTime::from_timestamp(time.as_secs() as i64, time.subsec_nanos()).unwrap_or_default();
        if let Some(time) = rfc3339::to_the_nanosecond(&time) {
            self.text[self.started..][..time.len()].copy_from_slice(&time);
        }
        &self.text
    }
}

/// What every record of this process has before the time and after the prompt.
#[derive(Clone)]
struct Own {
    begin: String,
    end: String,
}

impl Own {
    fn texts() -> Cow<'static, Own> {
        static OWN: PerProcess<Own> = PerProcess::new();
        let identity = Identity::own();
        let make = || Own {
            begin: format!("{{\n  \"pid\": {},\n  \"started\": \"", process::id()),
            end: format!(",\n  \"holder\": {}\n}}", serde_json::to_string(&*identity).unwrap_or_default()),
        };
        OWN.get(make, |_| identity.is_complete())
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
    // By the piece, without a look at each byte's result: that is many bytes at a time.
    text.chunks(64)
        .all(|piece| piece.iter().fold(true, |blank, byte| blank & matches!(byte, b' ' | b'\t' | b'\r' | b'\n')))
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
                let own = format!(",\n  \"holder\": {}\n}}", serde_json::to_string(&*Identity::own()).unwrap());
                assert_eq!(
                    String::from_utf8(text_of_record).unwrap(),
                    metadata.strip_suffix("\n}").unwrap().to_owned() + &own
                );
            }
        }
    }

    #[test]
    fn times_are_spelled_as_rfc_3339_has_them() {
        for seconds in
            [0, 951_782_399, 1_795_363_200, -62_167_219_200, -62_167_219_201, 253_402_300_799, 253_402_300_800]
        {
            for nanoseconds in [0, 1, 999_999_999, 120_000_000, 123_456_000, 1_000, 1_500_000_000] {
                let Some(time) = DateTime::from_timestamp(seconds, nanoseconds) else { continue };
                let expected = time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
                assert_eq!(rfc3339::text(&time), expected);
                if let Some(text) = rfc3339::to_the_nanosecond(&time) {
                    let expected = time.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
                    assert_eq!(std::str::from_utf8(&text).unwrap(), expected);
                }
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
        for holder in ["5", "null", "[]", r#"{"host":5,"pid_ns":1}"#, r#"{"pid_ns":-1}"#] {
            let foreign = format!(r#"{{"pid":1,"started":"2026-11-22T16:00:00Z","holder":{holder},"prompt":"p"}}"#);
            assert_eq!(Holder::parse(foreign.as_bytes()).unwrap().identity, Identity::default(), "{holder}");
        }
        assert!(serde_json::from_str::<LockMetadata>(r#"{"pid":1,"prompt":"p"}"#).is_err());
    }

    #[test]
    fn only_white_space_is_blank() {
        assert!(is_blank(b"") && is_blank(b" \n\t\r"));
        assert!(!is_blank(b" {") && !is_blank(b"\0"));
    }
}
