//! Reads a record, which any program may have written: JSON. Memory for its long parts is allocated fallibly.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::time;
use crate::process::ProcessId;

/// Why a text is not read as a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not a record, for this reason.
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

/// The parser allocates memory for nested values and for a key with escapes: little in a text of at most this length.
const SHORT: usize = 1 << 16;

/// In a longer text, deeper nesting and longer keys are refused.
const DEPTH_MAX: usize = 64;
const KEY_MAX: usize = 4096;

/// A longer value of "pid" is refused.
const PID_MAX: usize = 20;

/// A longer value of "holder" is ignored.
const IDENTITY_MAX: usize = 4096;

pub(super) fn parse(text: &[u8]) -> Result<Parsed, Unreadable> {
    let text = std::str::from_utf8(text).map_err(no_record)?;
    // The parser's message would quote the text, however long it is.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(no_record("it does not begin like one"));
    }
    if text.len() > SHORT && takes_memory(text.as_bytes()) {
        return Err(no_record("its values are too deep inside of each other, or it has a long key"));
    }
    let values: Values = serde_json::from_str(text).map_err(no_record)?;
    Ok(Parsed {
        pid: match values.pid.get() {
            pid if pid.len() <= PID_MAX => serde_json::from_str(pid).map_err(no_record)?,
            _ => return Err(no_record("\"pid\" is no process id")),
        },
        started: time::parse(&unescape(values.started.get())?)
            .ok_or_else(|| no_record("\"started\" is no RFC 3339 time"))?,
        prompt: unescape(values.prompt.get())?,
        // Other programs may use this key for something else, which is ignored.
        identity: match values.holder.map(RawValue::get) {
            Some(holder) if holder.len() <= IDENTITY_MAX => serde_json::from_str(holder).unwrap_or_default(),
            _ => ProcessId::default(),
        },
    })
}

fn no_record(reason: impl fmt::Display) -> Unreadable {
    Unreadable::NoRecord(reason.to_string())
}

/// The values of the keys that matter, as JSON.
#[derive(Deserialize)]
struct Values<'t> {
    #[serde(borrow)]
    pid: &'t RawValue,
    started: &'t RawValue,
    prompt: &'t RawValue,
    holder: Option<&'t RawValue>,
}

/// Whether the parser would allocate much memory for a text: its brackets outside strings are nested too deeply, or a
/// string before a colon is too long.
fn takes_memory(text: &[u8]) -> bool {
    let (mut depth, mut length, mut in_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text {
        length += 1;
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => {
                in_string = !in_string;
                length = if in_string { 0 } else { length };
            }
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if length > KEY_MAX => return true,
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

/// The character of a \u escape: of its four digits, or of a surrogate pair of two escapes (RFC 8259, section 7).
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
    fn text_that_takes_much_memory_to_parse_is_no_record() {
        let is_accepted = |other: &str| {
            let record = r#"{"pid":1,"started":"2026-11-22T16:00:00Z","prompt":"p","#;
            parse(format!("{record}{}{other}}}", " ".repeat(SHORT)).as_bytes()).is_ok()
        };
        let (open, close) = ("[".repeat(64), "]".repeat(64));
        assert!(is_accepted(&format!("\"x\":{}{}", &open[1..], &close[1..])));
        assert!(!is_accepted(&format!("\"x\":{open}{close}")));
        assert!(is_accepted(&format!("\"x\":[{}[]],\"y\":\"\\\"{open}{open}\"", "[],".repeat(1_000))));
        let key = "\\u0070".repeat(KEY_MAX / 6);
        assert!(is_accepted(&format!("\"{key}\":1,\"y\":\"{key}{key}\"")));
        assert!(!is_accepted(&format!("\"{key}{key}\":1")));
        assert!(parse(b"{\"pid\": 1, \"started\": \"2026-11-22T16:00:00Z\", \"prompt\": \"p\"} x").is_err());
    }
}
