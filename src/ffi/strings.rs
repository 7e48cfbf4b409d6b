//! Strings that C borrows from an object: one after another in one piece of memory, each with its NUL.

use std::ffi::c_char;

pub(super) struct Strings(Vec<u8>);

/// Which of them.
#[derive(Clone, Copy)]
pub(super) struct Offset(usize);

impl Strings {
    /// With room for so many bytes, so that it need not grow.
    pub(super) fn with_room(bytes: usize) -> Strings {
        Strings(Vec::with_capacity(bytes))
    }

    /// In a string for C, NUL can only be the end: one inside becomes U+FFFD.
    pub(super) fn add(&mut self, text: &[u8]) -> Offset {
        self.add_with(|bytes| {
            if !text.contains(&0) {
                return bytes.extend_from_slice(text);
            }
            for byte in text {
                bytes.extend_from_slice(if *byte == 0 { "\u{fffd}".as_bytes() } else { std::slice::from_ref(byte) });
            }
        })
    }

    /// The one that is written by that function, which writes no NUL.
    pub(super) fn add_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Offset {
        let place = Offset(self.0.len());
        write(&mut self.0);
        self.0.push(0);
        place
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
        let mut strings = Strings::with_room(0);
        let places = [strings.add(b"a\0b"), strings.add(b""), strings.add_with(|bytes| bytes.extend_from_slice(b"c"))];
        assert_eq!(strings.0, b"a\xef\xbf\xbdb\0\0c\0");
        assert_eq!(places.map(|place| strings.get(place).addr() - strings.0.as_ptr().addr()), [0, 6, 7]);
    }
}
