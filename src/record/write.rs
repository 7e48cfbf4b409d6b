//! The record that this library writes, and reads back where it was written on the same machine.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use super::metadata::{Holder, LockMetadata};
use super::time::{self, NEVER, YEAR_9999};
use crate::process::ProcessId;
use crate::sys::process::{self, PerProcess};

/// A longer prompt is refused.
pub(crate) const PROMPT_MAX: usize = 16 << 20;

/// A longer lock file is not read. What it has over PROMPT_MAX is room for the other keys and for
/// what JSON adds to a prompt (a newline takes two bytes there).
pub(crate) const FILE_MAX: usize = PROMPT_MAX + (2 << 20);

/// What is left for the prompt as JSON, when the other keys take no more than 4 KiB, whatever they say.
const JSON_MAX: usize = FILE_MAX - 4096;

// What stands before, between and after the values: pretty JSON, as serde_json and so ralph-core print it.
const PID: &str = "{\n  \"pid\": ";
const STARTED: &str = ",\n  \"started\": \"";
const PROMPT: &str = "\",\n  \"prompt\": ";
const HOLDER: &str = ",\n  \"holder\": ";
const END: &str = "\n}";

/// The text of a record, lacking nothing but the time.
#[derive(Debug)]
pub(crate) struct Record<'p> {
    prompt: &'p str,
    /// Empty until it is needed: who is refused needs none.
    text: Vec<u8>,
    /// Where in the text the time belongs.
    started: usize,
}

impl<'p> Record<'p> {
    /// That of this process with this prompt: `LockMetadata` as pretty JSON, and who it is.
    pub(crate) fn new(prompt: &'p str) -> Result<Record<'p>, String> {
        check_length("", prompt.len(), PROMPT_MAX)?;
        // What takes a process time, once, is not left for when the lock is had, and nobody on record yet.
        Own::texts();
        let mut record = Record { prompt, text: Vec::new(), started: 0 };
        // In JSON a byte takes up to six, as in \u0000.
        if prompt.len() > JSON_MAX / 6 {
            check_length(" as JSON", record.make(), JSON_MAX)?;
        }
        Ok(record)
    }

    /// The same with its text, so that after a wait little is left to do between having the lock and being named as
    /// its holder.
    pub(crate) fn made(mut self) -> Record<'static> {
        if self.text.is_empty() {
            self.make();
        }
        Record { prompt: "", ..self }
    }

    /// Gives the length of the prompt as JSON.
    fn make(&mut self) -> usize {
        let (own, text) = (Own::texts(), &mut self.text);
        // With room for all of it, so that it need not grow unless the prompt has much to be escaped.
        let known = own.begin.len() + NEVER.len() + PROMPT.len() + own.end.len();
        text.reserve_exact(known + self.prompt.len() + 32);
        text.extend_from_slice(own.begin.as_bytes());
        self.started = text.len();
        text.extend_from_slice(NEVER);
        text.extend_from_slice(PROMPT.as_bytes());
        // Text can be written as JSON, and written to memory.
        serde_json::to_writer(&mut *text, self.prompt).unwrap_or_default();
        text.extend_from_slice(own.end.as_bytes());
        text.len() - known
    }

    /// The text that says: since that time after 1970. A clock that is set to a year after 9999 is not believed.
    pub(crate) fn since(&mut self, time: Duration) -> &[u8] {
        if self.text.is_empty() {
            self.make();
        }
        let seconds = time.as_secs().min(YEAR_9999 as u64) as i64;
        if let Some(text) = self.text[self.started..].first_chunk_mut() {
            time::to_the_nanosecond(seconds, time.subsec_nanos(), text);
        }
        &self.text
    }
}

/// The holder in a text that a process of this machine wrote with this library, as nearly all are: then all but four
/// values are known beforehand. None for any other text, which may be a record all the same, and for the first one: a
/// process that reads a single record need not find out for it on which machine it is, which takes longer.
pub(crate) fn parse_own(text: &[u8]) -> Option<Box<Holder>> {
    static READS_MORE: AtomicBool = AtomicBool::new(false);
    let (pid, rest) = number(text.strip_prefix(PID.as_bytes())?)?;
    let (started, rest) = rest.strip_prefix(STARTED.as_bytes())?.split_at_checked(NEVER.len())?;
    let rest = rest.strip_prefix(PROMPT.as_bytes())?;
    if !READS_MORE.load(Relaxed) {
        READS_MORE.store(true, Relaxed);
        return None;
    }
    let Cow::Borrowed(own) = Own::texts() else {
        return None;
    };
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<String>();
    let prompt = values.next()?.ok()?;
    let rest = rest[values.byte_offset()..].strip_prefix(own.home.as_bytes())?;
    let (start_time, rest) = number(rest)?;
    let rest = rest.strip_prefix(b"}")?.strip_prefix(END.as_bytes())?;
    let pid = u32::try_from(pid).ok()?;
    let started = time::from_the_nanosecond(started)?;
    if !rest.is_empty() && !is_blank(rest) {
        return None;
    }
    Some(Box::new(Holder::new(LockMetadata { pid, started, prompt }, own.identity.neighbour(start_time))))
}

/// The number that a text begins with, as JSON has it, and what follows. None for one that might be too large.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (mut number, mut rest) = (0_u64, text);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        rest = after;
    }
    match text.len() - rest.len() {
        1 => Some((number, rest)),
        2..=19 if text[0] != b'0' => Some((number, rest)),
        _ => None,
    }
}

/// What every record of this process has before the time and after the prompt.
#[derive(Clone)]
struct Own {
    begin: String,
    end: String,
    /// The part of `end` that is the same for all processes of this machine, or of this container.
    home: String,
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
        // The start time is the last of its values.
        let home = end[..=end.rfind(':').unwrap_or(0)].to_owned();
        Own { begin: format!("{PID}{}{STARTED}", process::id()), end, home, identity }
    }
}

fn check_length(form: &str, length: usize, limit: usize) -> Result<(), String> {
    if length <= limit {
        return Ok(());
    }
    Err(format!("the prompt has {length} bytes{form}; at most {limit} are allowed"))
}

/// What a release writes over a record. A longer one is cut off instead. In place, the file keeps its block, which makes
/// the next acquire quick and possible on a full disk.
pub(crate) static BLANKS: [u8; 4096] = [b' '; 4096];

/// Whether a lock file's text says that nobody is on record.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    // As a release leaves it: the comparison that takes the least time.
    BLANKS.starts_with(text)
        // By the piece, without a look at each byte's result: that is many bytes at a time.
        || text.chunks(64)
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

    /// The short way reads nothing that the long one does not read alike: with any one byte changed, left out or
    /// doubled, and cut anywhere.
    #[test]
    fn what_this_machine_writes_is_read_as_any_json() {
        for prompt in ["", "implement auth", "two\nlines \"quoted\" \\ \u{1} ü 😀"] {
            let right = Record::new(prompt).unwrap().since(Duration::from_nanos(1_795_363_200_123_456_789)).to_owned();
            let check = |text: &[u8]| {
                let found = parse_own(text);
                if let Some(holder) = &found {
                    assert_eq!(Ok(holder), Holder::parse_any(text).as_ref(), "{}", String::from_utf8_lossy(text));
                }
                found.is_some()
            };
            // The first one in a process is read the long way.
            check(&right);
            assert!(check(&right) && check(&[&right, b" \n \t".as_slice()].concat()));
            assert!(!check(&[&right, b"x".as_slice()].concat()));
            for place in 0..right.len() {
                check(&right[..place]);
                check(&[&right[..place], &right[place + 1..]].concat());
                check(&[&right[..=place], &right[place..]].concat());
                for byte in 0..=u8::MAX {
                    let mut text = right.clone();
                    text[place] = byte;
                    check(&text);
                }
            }
        }
    }

    #[test]
    fn a_text_that_is_made_early_is_the_same() {
        for prompt in ["short", &"long".repeat(1 << 20)] {
            let (mut late, mut early) = (Record::new(prompt).unwrap(), Record::new(prompt).unwrap().made());
            assert_eq!(late.since(Duration::ZERO), early.since(Duration::ZERO));
        }
    }

    #[test]
    fn a_prompt_that_nobody_could_read_back_is_refused() {
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
