//! Strings that C borrows from an object: one after another in one piece of memory, each with its NUL.

use std::ffi::c_char;

/// U+FFFD.
const NO_NUL: &[u8] = "\u{fffd}".as_bytes();

#[derive(Default)]
pub(super) struct Strings(Vec<u8>);

/// Which of them.
#[derive(Clone, Copy)]
pub(super) struct Offset(usize);

impl Strings {
    /// Copies a text. None: there is no memory for it, as another program may have decided how long it is.
    ///
    /// In a string for C, NUL can only be the end: one inside becomes U+FFFD.
    pub(super) fn add(&mut self, text: &[u8]) -> Option<Offset> {
        let place = Offset(self.0.len());
        let inside = text.iter().filter(|byte| **byte == 0).count();
        self.0.try_reserve(text.len() + inside * (NO_NUL.len() - 1) + 1).ok()?;
        for (index, part) in text.split(|byte| *byte == 0).enumerate() {
            if index > 0 {
                self.0.extend_from_slice(NO_NUL);
            }
            self.0.extend_from_slice(part);
        }
        self.0.push(0);
        Some(place)
    }

    /// The text that was put there, as far as it is UTF-8.
    pub(super) fn text(&self, place: Offset) -> &str {
        let bytes = self.0[place.0..].split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Valid as long as the object.
    pub(super) fn get(&self, place: Offset) -> *const c_char {
        self.0[place.0..].as_ptr().cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_inside_a_text_does_not_cut_it() {
        let mut strings = Strings::default();
        let places = [b"a\0b".as_slice(), b"", b"c", b"\0"].map(|text| strings.add(text).unwrap());
        assert_eq!(strings.0, b"a\xef\xbf\xbdb\0\0c\0\xef\xbf\xbd\0");
        assert_eq!(places.map(|place| strings.get(place).addr() - strings.0.as_ptr().addr()), [0, 6, 7, 9]);
        assert_eq!(strings.text(places[2]), "c");
    }
}
