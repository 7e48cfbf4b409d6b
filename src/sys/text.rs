//! What was read of a file. Most of it is short, and takes no memory but the stack's.

use std::io;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::os::fd::BorrowedFd;

use super::file;

pub(crate) struct Text {
    short: Short,
    /// All of it, where it is longer than that.
    long: Vec<u8>,
}

/// Not cleared beforehand: that would take as long as a good part of what a record is read for.
struct Short {
    bytes: [MaybeUninit<u8>; 512],
    /// How many of them were read.
    length: usize,
}

impl Text {
    pub(crate) fn empty() -> Text {
        Text { short: Short { bytes: [const { MaybeUninit::uninit() }; 512], length: 0 }, long: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.short.length = 0;
        self.long.clear();
    }

    /// Reads on in a file where the text ends so far, until it is so long in all, or for as long as one system call
    /// does; `anew`: as [`file::read_at`] has it. Gives how much it was.
    pub(crate) fn read_on(&mut self, file: BorrowedFd<'_>, anew: bool, until: usize) -> io::Result<usize> {
        let short = &mut self.short;
        if until <= short.bytes.len() {
            let count = file::read_at(file, anew, &mut short.bytes[short.length..until], short.length)?;
            short.length += count;
            return Ok(count);
        }
        let missing = until - self.long.len();
        self.long.try_reserve_exact(missing).map_err(|_| io::Error::from_raw_os_error(libc::ENOMEM))?;
        if self.long.is_empty() {
            self.long.extend_from_slice(short);
        }
        file::read_on(file, anew, &mut self.long, until)
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.long.is_empty() { &self.short } else { &self.long }
    }
}

impl Deref for Short {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let read = &self.bytes[..self.length];
        // SAFETY: they are bytes, and were read.
        unsafe { std::slice::from_raw_parts(read.as_ptr().cast(), read.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;

    /// In pieces of all kinds, within the short place, beyond it, and from the one into the other.
    #[test]
    fn what_is_read_piece_by_piece_is_whole() {
        let content: Vec<u8> = (0..5000_u32).map(|number| number as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        let mut text = Text::empty();
        for ends in [[10, 400, 512], [300, 600, 601], [513, 1_000, 5_000], [5_000, 6_000, 6_000]] {
            text.clear();
            for end in ends {
                text.read_on(file.as_fd(), false, end).unwrap();
                assert_eq!(*text, content[..end.min(5_000)]);
            }
        }
    }
}
