//! How `started` is spelled: RFC 3339, in UTC.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// As long as any time to the nanosecond, until the year 10000.
pub(crate) const NEVER: &[u8; 30] = b"0000-00-00T00:00:00.000000000Z";

/// The first second of the year 0 and the last one of the year 9999, after 1970.
const YEAR_0: i64 = -62_167_219_200;
pub(crate) const YEAR_9999: i64 = 253_402_300_799;

const SECONDS: &[u8] = b"0000-00-00T00:00:00.";

/// With as many digits of the second as it takes: none, three, six or nine.
pub(crate) fn text(time: &DateTime<Utc>) -> String {
    let mut text = Vec::with_capacity(NEVER.len());
    append(time, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// The same, at the end of a text.
pub(crate) fn append(time: &DateTime<Utc>, text: &mut Vec<u8>) {
    let (seconds, nanoseconds) = (time.timestamp(), time.timestamp_subsec_nanos());
    // Other years have more digits, and a leap second is one that no clock counts.
    if !(YEAR_0..=YEAR_9999).contains(&seconds) || nanoseconds >= 1_000_000_000 {
        return text.extend_from_slice(time.to_rfc3339_opts(SecondsFormat::AutoSi, true).as_bytes());
    }
    let begin = text.len();
    text.extend_from_slice(NEVER);
    if let Some(long) = text[begin..].first_chunk_mut() {
        to_the_nanosecond(seconds, nanoseconds, long);
    }
    let length = match nanoseconds {
        // Without the point.
        0 => SECONDS.len() - 1,
        _ if nanoseconds % 1_000_000 == 0 => SECONDS.len() + 3,
        _ if nanoseconds % 1_000 == 0 => SECONDS.len() + 6,
        _ => SECONDS.len() + 9,
    };
    text.truncate(begin + length);
    text.push(b'Z');
}

/// A time after 1970, in the years 0 to 9999, with all nine digits of the second. The text is [`NEVER`] or another
/// time. Every acquire needs this, and a general formatter takes several times as long.
pub(crate) fn to_the_nanosecond(seconds: i64, nanoseconds: u32, text: &mut [u8; NEVER.len()]) {
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY) as u32;
    put(text, 0, year / 100);
    put(text, 2, year % 100);
    put(text, 5, month);
    put(text, 8, day);
    put(text, 11, second / 3600);
    put(text, 14, second / 60 % 60);
    put(text, 17, second % 60);
    text[20] = b'0' + (nanoseconds / 100_000_000) as u8;
    put(text, 21, nanoseconds / 1_000_000 % 100);
    put(text, 23, nanoseconds / 10_000 % 100);
    put(text, 25, nanoseconds / 100 % 100);
    put(text, 27, nanoseconds % 100);
}

const DAY: i64 = 86_400;

/// The year, month and day of a day after 1970-01-01. Years are counted from March here, so that a leap day is their
/// last one, and from 400 years before the year 0, so that no number is negative. Few steps wait for each other: Neri
/// and Schneider, "Euclidean affine functions and their application to calendar algorithms".
fn date(day: i64) -> (u32, u32, u32) {
    const DAYS_OF_400_YEARS: u32 = 146_097;
    const MARCH_OF_YEAR_0: i64 = -719_468;
    let quarters = 4 * (day - MARCH_OF_YEAR_0 + i64::from(DAYS_OF_400_YEARS)) as u32 + 3;
    let (century, day) = (quarters / DAYS_OF_400_YEARS, quarters % DAYS_OF_400_YEARS / 4);
    // A year has 1461 quarters of a day, and so each is this long, in 2^-32 years.
    const QUARTER: u32 = 2_939_745;
    let years = u64::from(QUARTER) * u64::from(4 * day + 3);
    let (year, day) = ((years >> 32) as u32, years as u32 / QUARTER / 4);
    // In 2^-16 months, of 30.6 days; March is the third.
    let months = 2_141 * day + 197_913;
    let (month, day_of_month) = (months >> 16, months % (1 << 16) / 2_141 + 1);
    let next = u32::from(day >= 306);
    (100 * century + year + next - 400, month - 12 * next, day_of_month)
}

/// Two digits.
#[inline]
fn put(text: &mut [u8; NEVER.len()], place: usize, number: u32) {
    text[place..place + 2].copy_from_slice(&PAIRS[number as usize]);
}

/// From 00 to 99.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Undoes [`to_the_nanosecond`]. None for times that are spelled in any other way.
pub(crate) fn from_the_nanosecond(text: &[u8]) -> Option<DateTime<Utc>> {
    let text: &[u8; NEVER.len()] = text.try_into().ok()?;
    // All of them are looked at: that is many at a time.
    let is_spelled_so =
        |place: usize| text[place].wrapping_sub(NEVER[place]) <= if NEVER[place] == b'0' { 9 } else { 0 };
    if !(0..NEVER.len()).fold(true, |so_far, place| so_far & is_spelled_so(place)) {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(get::<4>(text, 0) as i32, get::<2>(text, 5), get::<2>(text, 8))?;
    let (hour, minute, second) = (get::<2>(text, 11), get::<2>(text, 14), get::<2>(text, 17));
    Some(day.and_hms_nano_opt(hour, minute, second, get::<9>(text, 20))?.and_utc())
}

#[inline]
fn get<const DIGITS: usize>(text: &[u8; NEVER.len()], place: usize) -> u32 {
    text[place..place + DIGITS].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

/// With its offset, a time can lie in the year before 0 or after 9999, for which there is no such text in UTC.
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

    /// Midnight, noon, or the last second of every fifth day: of each day of the 400 years after which all is as before.
    #[test]
    fn times_are_spelled_as_rfc_3339_has_them() {
        let (first, last) = (YEAR_0 / DAY, YEAR_9999 / DAY);
        for day in (first - 1..=last + 1).step_by(5) {
            let second = [0, 43_200, DAY - 1][day as usize % 3];
            let nanosecond = [0, 1, 999_999_999, 120_000_000, 123_456_000, 1_000, 1_500_000_000][day as usize % 7];
            let Some(time) = DateTime::from_timestamp(day * DAY + second, nanosecond) else { continue };
            assert_eq!(text(&time), time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            if (first..=last).contains(&day) && nanosecond < 1_000_000_000 {
                let mut text = *NEVER;
                to_the_nanosecond(time.timestamp(), nanosecond, &mut text);
                assert_eq!(std::str::from_utf8(&text), Ok(&*time.to_rfc3339_opts(SecondsFormat::Nanos, true)));
                assert_eq!(from_the_nanosecond(&text), Some(time));
            }
        }
    }

    /// One wrong letter at a time: what is read at all is read as the general parser has it.
    #[test]
    fn a_time_to_the_nanosecond_is_read_as_any_other() {
        let right = b"2026-11-30T23:59:59.123456789Z";
        assert_eq!(from_the_nanosecond(right), parse("2026-11-30T23:59:59.123456789Z"));
        for place in 0..right.len() {
            for letter in 0..=u8::MAX {
                let mut text = *right;
                text[place] = letter;
                if let Some(time) = from_the_nanosecond(&text) {
                    assert_eq!(Some(time), parse(std::str::from_utf8(&text).unwrap()));
                }
            }
        }
        assert_eq!(from_the_nanosecond(b"2026-11-30T23:59:59Z"), None);
    }
}
