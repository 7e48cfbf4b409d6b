//! Reading a record, which any program may have written: JSON, of which no part is copied before there is memory for it.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::time;
use crate::process::ProcessId;

/// Why a text is not read as a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is none, and why.
    NoRecord(String),
    /// There is no memory for a copy of it.
    NoMemory,
}

/// What a record says.
pub(super) struct Parsed {
    pub(super) pid: u32,
    pub(super) started: DateTime<Utc>,
    pub(super) prompt: String,
    pub(super) identity: ProcessId,
}

/// No record has values deeper inside of each other. The parser remembers each one that it is inside of.
const DEPTH_MAX: usize = 64;

/// A key that matters has at most seven characters, each of which may be an escape of six.
const KEY_MAX: usize = 7 * 6 + 2;

/// A longer value of "pid" is none.
const PID_MAX: usize = 20;

/// A longer value of "holder" says nothing.
const IDENTITY_MAX: usize = 4096;

pub(super) fn parse(text: &[u8]) -> Result<Parsed, Unreadable> {
    let text = std::str::from_utf8(text).map_err(no_record)?;
    // The parser quotes what it finds instead.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(no_record("it does not begin like one"));
    }
    if is_deep(text.as_bytes()) {
        return Err(no_record("its values are too deep inside of each other"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let values = json.deserialize_map(RecordVisitor).map_err(no_record)?;
    json.end().map_err(no_record)?;
    let missing = |key: &str| no_record(format!("it has no \"{key}\""));
    let started = unescape(values.started.ok_or_else(|| missing("started"))?)?;
    Ok(Parsed {
        pid: match values.pid.ok_or_else(|| missing("pid"))? {
            pid if pid.len() <= PID_MAX => serde_json::from_str(pid).map_err(no_record)?,
            _ => return Err(no_record("\"pid\" is no process id")),
        },
        started: time::parse(&started).ok_or_else(|| no_record("\"started\" is no RFC 3339 time"))?,
        prompt: unescape(values.prompt.ok_or_else(|| missing("prompt"))?)?,
        // Other programs may use the key as they like: then it says nothing to this library.
        identity: match values.holder {
            Some(holder) if holder.len() <= IDENTITY_MAX => serde_json::from_str(holder).unwrap_or_default(),
            _ => ProcessId::default(),
        },
    })
}

fn no_record(reason: impl fmt::Display) -> Unreadable {
    Unreadable::NoRecord(reason.to_string())
}

/// The values of the keys that matter, as JSON.
#[derive(Default)]
struct Values<'t> {
    pid: Option<&'t str>,
    started: Option<&'t str>,
    prompt: Option<&'t str>,
    holder: Option<&'t str>,
}

struct RecordVisitor;

impl<'t> Visitor<'t> for RecordVisitor {
    type Value = Values<'t>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a record of a holder")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Values<'t>, A::Error> {
        let mut values = Values::default();
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            let place = match &*plain_key(key.get()) {
                "\"pid\"" => &mut values.pid,
                "\"started\"" => &mut values.started,
                "\"prompt\"" => &mut values.prompt,
                "\"holder\"" => &mut values.holder,
                _ => continue,
            };
            if place.replace(value.get()).is_some() {
                return Err(A::Error::custom("a key is there twice"));
            }
        }
        Ok(values)
    }
}

/// The key with its quotes, each character as itself. A key that is longer than the ones that matter stays as it is.
fn plain_key(json: &str) -> Cow<'_, str> {
    if !json.contains('\\') || json.len() > KEY_MAX {
        return Cow::Borrowed(json);
    }
    unescape(json).map_or(Cow::Borrowed(json), |key| Cow::Owned(format!("\"{key}\"")))
}

/// Whether brackets outside of strings are too many inside of each other.
fn is_deep(text: &[u8]) -> bool {
    // Nearly every record has few brackets.
    if text.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() <= DEPTH_MAX {
        return false;
    }
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}

/// The text of a JSON string that the parser has accepted. It is never longer than the JSON.
fn unescape(json: &str) -> Result<String, Unreadable> {
    let inside = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
    let mut rest = inside.ok_or_else(|| no_record(format!("{json:.40} is no string")))?;
    let mut text = String::new();
    text.try_reserve_exact(rest.len()).map_err(|_| Unreadable::NoMemory)?;
    while let Some(place) = rest.find('\\') {
        text.push_str(&rest[..place]);
        let letter = rest.as_bytes().get(place + 1).copied().unwrap_or_default();
        rest = rest.get(place + 2..).unwrap_or_default();
        text.push(match letter {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => unicode(&mut rest).ok_or_else(|| no_record("it has half a surrogate pair"))?,
            other => other.into(),
        });
    }
    text.push_str(rest);
    Ok(text)
}

/// The character of four digits, or of those and a second such escape (RFC 8259, section 7).
fn unicode(rest: &mut &str) -> Option<char> {
    let first = digits(rest)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first.into());
    }
    *rest = rest.strip_prefix("\\u")?;
    char::decode_utf16([first, digits(rest)?]).next()?.ok()
}

fn digits(rest: &mut &str) -> Option<u16> {
    let (digits, after) = rest.split_at_checked(4)?;
    *rest = after;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_read_as_json_has_them() {
        for json in [
            r#""""#,
            r#""plain ü 😀""#,
            r#""\" \\ \/ \b\f\n\r\t""#,
            r#""\u0000\u00fc\ud83d\ude00x""#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ud83dx""#,
            r#""\ud83d\n""#,
            r#""\ud83d\u0041""#,
            "5",
        ] {
            assert_eq!(unescape(json).ok(), serde_json::from_str::<String>(json).ok(), "{json}");
        }
    }

    #[test]
    fn what_lies_deep_inside_is_no_record() {
        assert!(is_deep("[".repeat(65).as_bytes()));
        assert!(!is_deep("[]".repeat(1_000).as_bytes()));
        assert!(!is_deep(format!("\"\\\"{}\"", "[".repeat(1_000)).as_bytes()));
        assert!(parse(b"{\"pid\": 1, \"started\": \"2026-11-22T16:00:00Z\", \"prompt\": \"p\"} x").is_err());
    }
}
