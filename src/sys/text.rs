//! What was read of a file. Most of it is short, and takes no memory but the stack's.

use std::io;
use std::ops::Deref;

pub(crate) struct Text {
    short: [u8; 512],
    /// All of it, where it is longer than that.
    long: Vec<u8>,
    length: usize,
}

impl Text {
    pub(crate) fn empty() -> Text {
        Text { short: [0; 512], long: Vec::new(), length: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.long.clear();
        self.length = 0;
    }

    /// Adds what a function reads, which is told where to, and at which offset. So much is to have room in all.
    /// Gives how much it was.
    pub(crate) fn read_on(
        &mut self,
        room: usize,
        read: impl FnOnce(&mut [u8], usize) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if room > self.short.len() {
            let known = if self.long.is_empty() { &self.short[..self.length] } else { &[] };
            let missing = room - self.long.len();
            self.long.try_reserve_exact(missing).map_err(|_| io::Error::from_raw_os_error(libc::ENOMEM))?;
            self.long.extend_from_slice(known);
            self.long.resize(room, 0);
        }
        let place = if self.long.is_empty() { &mut self.short[..room] } else { &mut self.long[..] };
        let count = read(&mut place[self.length..], self.length)?;
        self.length += count;
        Ok(count)
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.long.is_empty() { &self.short[..self.length] } else { &self.long[..self.length] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In pieces of all kinds, within the short place, beyond it, and from the one into the other.
    #[test]
    fn what_is_read_piece_by_piece_is_whole() {
        let file: Vec<u8> = (0..5000_u32).map(|number| number as u8).collect();
        let mut text = Text::empty();
        for rooms in [[10, 400, 512], [300, 600, 601], [513, 1_000, 5_000], [5_000, 5_000, 5_000]] {
            text.clear();
            for room in rooms {
                let half = |place: &mut [u8], offset: usize| {
                    let count = place.len().div_ceil(2);
                    place[..count].copy_from_slice(&file[offset..][..count]);
                    Ok(count)
                };
                text.read_on(room, half).unwrap();
                assert_eq!(*text, file[..text.len()]);
            }
            assert!(text.len() > rooms[2] / 2);
        }
    }
}
