//! The text of a lock file: reads and writes its record so that no reader gets a mixture of two.

use std::io;

use super::file::LockedFile;
use crate::error::{Fault, LockError};
use crate::record::{BLANKS, FILE_MAX, Holder, Unreadable, is_begun, is_blank};
use crate::sys::file;

/// What a lock file says.
pub(crate) enum Content {
    Record(Box<Holder>),
    /// Nothing, for this reason.
    Nothing(&'static str),
    /// Text that is not a record, or not yet; a new look can help.
    Unreadable(String),
}

impl Content {
    pub(crate) fn record(self) -> Option<Box<Holder>> {
        match self {
            Content::Record(holder) => Some(holder),
            Content::Nothing(_) | Content::Unreadable(_) => None,
        }
    }
}

impl LockedFile {
    /// The file's contents, confirmed by two equal reads: a single one can catch the end of one record and the
    /// beginning of the next.
    pub(crate) fn content(&self, size: u64) -> Result<Content, Fault> {
        if size > FILE_MAX as u64 {
            return Ok(Content::Nothing("it is larger than any record"));
        }
        let (mut text, mut again) = (Vec::new(), Vec::new());
        self.read(size, &mut text)?;
        if text.is_empty() {
            return Ok(Content::Nothing("it is empty"));
        }
        self.read(size, &mut again)?;
        if text != again {
            return Ok(Content::Unreadable("it changes while it is read".to_owned()));
        }
        if is_blank(&text) {
            return Ok(Content::Nothing("it is blank: the last holder released the lock"));
        }
        match Holder::parse(&text) {
            Ok(holder) => Ok(Content::Record(holder)),
            Err(Unreadable::NoRecord(reason)) => Ok(Content::Unreadable(format!("its text is not a record: {reason}"))),
            Err(Unreadable::NoMemory) => Err(self.no_memory()),
        }
    }

    /// Whether the file contains that record and nothing else.
    pub(crate) fn says(&self, record: &[u8]) -> Result<bool, Fault> {
        let mut text = Vec::new();
        self.read(record.len() as u64, &mut text)?;
        // Any longer text was blanked before the record was written.
        Ok(text.strip_prefix(record).is_some_and(is_blank))
    }

    /// Blanks the file before a record is written, unless it is blank, and returns the record that was in it. Only the
    /// holder calls it. A record is never written over another: a reader could get a mixture that looks right.
    pub(crate) fn clear_record(&self, size: u64) -> Result<Option<Box<Holder>>, Fault> {
        self.check_text(size)?;
        if size > FILE_MAX as u64 {
            return self.truncate().map(|()| None);
        }
        let mut text = Vec::new();
        self.read(size, &mut text)?;
        if self.is_shared() {
            return self.clear_shared(&mut text);
        }
        if is_blank(&text) {
            return Ok(None);
        }
        // Parsed before blanking: a caller without memory for it leaves it to the next one.
        let left = self.holder_in(&text)?;
        // Blanked as by a release: a full disk must not keep the next holder from the lock.
        self.blank(text.len()).map(|()| left)
    }

    /// The holder that a text names. None: it is not a record.
    fn holder_in(&self, text: &[u8]) -> Result<Option<Box<Holder>>, Fault> {
        match Holder::parse(text) {
            Ok(holder) => Ok(Some(holder)),
            Err(Unreadable::NoRecord(_)) => Ok(None),
            Err(Unreadable::NoMemory) => Err(self.no_memory()),
        }
    }

    /// Refuses a chosen file whose text is not a lock file's and would be overwritten. Only the holder calls it.
    pub(crate) fn check_text(&self, size: u64) -> Result<(), Fault> {
        if self.is_own() {
            return Ok(());
        }
        let mut text = Vec::new();
        if size <= FILE_MAX as u64 {
            self.read(size, &mut text)?;
            if is_blank(&text) || is_begun(&text) {
                return Ok(());
            }
            if self.holder_in(&text)?.is_some() {
                return Ok(());
            }
        }
        Err(Box::new(LockError::NotLockFile { path: self.path().to_owned() }))
    }

    fn no_memory(&self) -> Fault {
        self.path().failed("read", io::Error::from_raw_os_error(libc::ENOMEM))
    }

    /// As [`LockedFile::clear_record`], on a shared file system. What this machine has read can be an outdated text
    /// from its cache: so the file is truncated in any case, and a record is believed only after a write, which
    /// invalidates the cache. That write changes nothing, because all records begin alike.
    fn clear_shared(&self, text: &mut Vec<u8>) -> Result<Option<Box<Holder>>, Fault> {
        if !is_blank(text) {
            self.write(&text[..1], &mut 0)?;
            self.sync()?;
            self.read(text.len() as u64, text)?;
        }
        let left = self.holder_in(text)?;
        self.truncate().map(|()| left)
    }

    /// Writes a record into a blank file. One that cannot be written whole is blanked again.
    pub(crate) fn write_record(&self, record: &[u8]) -> Result<(), Fault> {
        let mut written = 0;
        let result = self.write(record, &mut written).and_then(|()| self.sync());
        if result.is_err() {
            let _ = self.blank(written);
        }
        result
    }

    /// Writes a record into a blank file, and counts the bytes written even when it fails.
    fn write(&self, record: &[u8], written: &mut usize) -> Result<(), Fault> {
        while *written < record.len() {
            match file::write_at(self.fd(), &record[*written..], *written) {
                Ok(0) => return Err(self.path().failed("write", io::Error::from_raw_os_error(libc::EIO))),
                Ok(count) => *written += count,
                Err(error) => return Err(self.path().failed("write", error)),
            }
        }
        Ok(())
    }

    /// On a shared file system, makes what was written visible to other machines. On a local one the lock ends with
    /// the machine, and its record may too.
    fn sync(&self) -> Result<(), Fault> {
        if !self.is_shared() {
            return Ok(());
        }
        file::sync(self.fd()).map_err(|error| self.path().failed("write", error))
    }

    /// Blanks the holder's record before the lock is released.
    pub(crate) fn withdraw(&self, length: usize) -> Result<(), Fault> {
        self.blank(length)?;
        // A write that arrives after the unlock would overwrite the next holder's record.
        self.sync()
    }

    /// Blanks a record of that length.
    pub(crate) fn blank(&self, length: usize) -> Result<(), Fault> {
        if length > BLANKS.len() {
            return self.truncate();
        }
        let mut written = 0;
        // A copy-on-write file system can be too full even for this.
        self.write(&BLANKS[..length], &mut written).or_else(|_| self.truncate())
    }

    fn truncate(&self) -> Result<(), Fault> {
        file::truncate(self.fd()).map_err(|error| self.path().failed("write", error))
    }

    /// The whole text, in one system call if it is as long as expected. A text over the limit is read until it exceeds
    /// that.
    fn read(&self, expected: u64, text: &mut Vec<u8>) -> Result<(), Fault> {
        text.clear();
        // On a shared file system this machine's cache may have an old text and an old size.
        let past_cache = self.is_shared();
        if expected == 0 && !past_cache {
            return Ok(());
        }
        let expected = expected as usize;
        loop {
            // If the file has grown, read again with room to spare.
            let room = if text.len() <= expected { expected + 1 } else { 2 * text.len() };
            let read = file::read_on(self.fd(), past_cache, text, room);
            let count = read.map_err(|error| self.path().failed("read", error))?;
            let at_end = count == 0 || expected <= text.len() && text.len() < room;
            if at_end || text.len() > FILE_MAX {
                return Ok(());
            }
        }
    }
}
