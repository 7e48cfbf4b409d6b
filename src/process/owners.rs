//! Which processes own a lock, as the kernel lists them in /proc/locks (proc_locks(5)).

use std::ffi::CStr;
use std::io;

use crate::sys::file;

/// The processes that took an exclusive flock on a file with that inode number, by /proc/locks or
/// /proc/pid/fdinfo/number. One that has ended is named, or missing, as long as others keep its lock.
#[cfg(unix)]
pub(crate) fn owners(list: &CStr, inode: u64) -> io::Result<Vec<u32>> {
    if !cfg!(linux) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let text = file::read_all(list)?;
    Ok(String::from_utf8_lossy(&text).split('\n').filter_map(|line| owner_in(line, inode)).collect())
}

/// `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`; one that only waits has an arrow, `1: -> FLOCK`.
#[cfg(unix)]
fn owner_in(line: &str, inode: u64) -> Option<u32> {
    let (before, after) = line.split_once("FLOCK  ADVISORY  WRITE ")?;
    if before.contains("->") {
        return None;
    }
    let mut fields = after.split([' ', ':']);
    let pid = fields.next()?.parse().ok()?;
    (fields.nth(2)?.parse() == Ok(inode)).then_some(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn locks_of_other_kinds_and_files_are_passed_over() {
        assert_eq!(owner_in("1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF", 5678), Some(1234));
        assert_eq!(owner_in("lock:\t1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF", 5678), Some(1234));
        for other in ["1: FLOCK  ADVISORY  READ 1 fe:00:5678 0 EOF", "1: POSIX  ADVISORY  WRITE 1 fe:00:5678 0 EOF", ""]
        {
            assert_eq!(owner_in(other, 5678), None);
        }
        assert_eq!(owner_in("1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF", 567), None);
    }
}
