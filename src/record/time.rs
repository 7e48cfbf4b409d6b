//! The format of `started`: RFC 3339, in UTC.

use std::time::Duration;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// A placeholder, as long as any time with nanoseconds before the year 10000.
pub(crate) const NEVER: &str = "0000-00-00T00:00:00.000000000Z";

/// The last second of the year 9999, in seconds since 1970.
const YEAR_9999: u64 = 253_402_300_799;

/// With as many fractional digits as needed: none, three, six or nine.
pub(crate) fn text(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A time since 1970 with nine fractional digits, as long as [`NEVER`]. A time after the year 9999 becomes its last
/// second.
pub(crate) fn to_the_nanosecond(time: Duration) -> String {
    let seconds = time.as_secs().min(YEAR_9999);
    let time = DateTime::from_timestamp(seconds as i64, time.subsec_nanos()).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// None also for a time that its offset moves before the year 0 or after 9999: it has no such text in UTC.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (0..=9999).contains(&time.year()).then_some(time)
}

pub(crate) fn serialize<S: Serializer>(time: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&text(time))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<DateTime<Utc>, D::Error> {
    parse(&String::deserialize(input)?).ok_or_else(|| D::Error::custom("\"started\" is no RFC 3339 time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_rfc_3339_has_them() {
        let spelled = |seconds, nanoseconds| to_the_nanosecond(Duration::new(seconds, nanoseconds));
        assert_eq!(spelled(0, 0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(spelled(1_795_363_200, 123_456_789), "2026-11-22T16:00:00.123456789Z");
        for seconds in [YEAR_9999, YEAR_9999 + 1, u64::MAX] {
            assert_eq!(spelled(seconds, 0), "9999-12-31T23:59:59.000000000Z");
        }
        let time = parse("2026-11-22T17:00:00.5+01:00").unwrap();
        assert_eq!(text(&time), "2026-11-22T16:00:00.500Z");
        assert!(parse("9999-12-31T23:59:59-01:00").is_none() && parse("0000-01-01T00:00:00+01:00").is_none());
    }
}
