//! Reads the system's facts about a process: from proc(5), or by the calls of other systems.

use std::ffi::{CStr, CString};
use std::io;

#[cfg(unix)]
use crate::sys::file;
#[cfg(kinfo)]
use crate::sys::kinfo;
use crate::sys::process;

/// Whether this system describes processes by means other than /proc, and has no pid namespaces.
pub(super) const HAS_KINFO: bool = cfg!(kinfo);

/// The text of a file in /proc. Systems other than Linux have no /proc, or a different one.
#[cfg(unix)]
pub(super) fn read(path: &CStr) -> io::Result<Vec<u8>> {
    if !cfg!(linux) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    file::read_all(path)
}

#[cfg(not(unix))]
pub(super) fn read(_path: &CStr) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The inode number of a namespace, namespaces(7); 0 where there are none.
#[cfg(unix)]
pub(super) fn namespace(path: &CStr) -> io::Result<u64> {
    if HAS_KINFO {
        return Ok(0);
    }
    if !cfg!(linux) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok(file::stat_target(path)?.identity.inode)
}

#[cfg(not(unix))]
pub(super) fn namespace(_path: &CStr) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The inode number of a process's pid namespace.
pub(super) fn pid_namespace(pid: u32) -> io::Result<u64> {
    namespace(&path(format!("/proc/{pid}/ns/pid")))
}

/// Whether a process with this pid has a program, which a zombie has not. One system call. Also false if that is not
/// visible: for another user's process, or without /proc.
pub(super) fn has_program(pid: u32) -> bool {
    #[cfg(linux)]
    return file::read_link(&path(format!("/proc/{pid}/exe")), &mut [0]).is_ok();
    #[cfg(not(linux))]
    return pid == 0;
}

/// Whether /proc shows the processes of the caller's pid namespace under their pids there. It is mounted for one
/// namespace, and shows the processes of others under different pids.
pub(crate) fn shows_our_numbers() -> io::Result<bool> {
    Ok(HAS_KINFO || own_numbers()? == [process::id()])
}

/// The same; false if that cannot be determined.
pub(super) fn is_ours() -> bool {
    shows_our_numbers().unwrap_or(false)
}

/// The pid by which /proc shows this process.
pub(super) fn own_number() -> Option<u32> {
    if HAS_KINFO { Some(process::id()) } else { own_numbers().ok()?.first().copied() }
}

/// The caller's pid in the pid namespace of /proc, and in each one below it down to the caller's own.
fn own_numbers() -> io::Result<Vec<u32>> {
    let status = read(c"/proc/thread-self/status")?;
    // A kernel without pid namespaces has only the second line.
    let found = numbers(&status, b"NStgid:").or_else(|| numbers(&status, b"Tgid:"));
    found.ok_or(io::ErrorKind::InvalidData.into())
}

/// The pid of a process in its own pid namespace.
pub(super) fn innermost_number(pid: u32) -> Option<u32> {
    let status = read(&path(format!("/proc/{pid}/status"))).ok()?;
    numbers(&status, b"NStgid:")?.pop()
}

fn numbers(status: &[u8], key: &[u8]) -> Option<Vec<u32>> {
    let line = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(key))?;
    std::str::from_utf8(line).ok()?.split_ascii_whitespace().map(|number| number.parse().ok()).collect()
}

/// PF_EXITING, among the flags of proc_pid_stat(5).
#[cfg(linux)]
const EXITING: u64 = 0x4;

/// Whether every thread of a process is ending: the kernel shows that before it closes the process's files, and so
/// before the next holder has its lock. A thread that is gone has ended.
#[cfg(linux)]
pub(crate) fn is_ending(pid: u32) -> bool {
    let Ok(threads) = file::numbers_in(&path(format!("/proc/{pid}/task"))) else {
        return !process::exists(pid);
    };
    threads.iter().all(|thread| match read(&path(format!("/proc/{pid}/task/{thread}/stat"))) {
        Ok(text) => Stat::flags(&text).is_some_and(|flags| flags & EXITING != 0),
        Err(_) => true,
    })
}

/// Other systems do not report it.
#[cfg(not(linux))]
pub(crate) fn is_ending(_pid: u32) -> bool {
    false
}

/// A path without NUL.
pub(crate) fn path(path: String) -> CString {
    CString::new(path).unwrap_or_default()
}

/// The facts in /proc/PID/stat. They are read through the process's first thread, which has the same pid: an emulator
/// (qemu-user, for containers of another architecture) replaces a process's own /proc/self/stat and /proc/PID/stat,
/// with a start time that no other process sees.
pub(super) struct Stat {
    pub(super) parent: u32,
    /// On Linux in clock ticks since the boot, in the clock of the reading process's time namespace.
    pub(super) start_time: u64,
    /// A zombie: its descriptors are closed.
    pub(super) has_ended: bool,
}

impl Stat {
    #[cfg(kinfo)]
    pub(super) fn of(pid: u32) -> io::Result<Stat> {
        let kinfo::Facts { parent, start_time, has_ended } = kinfo::facts(pid)?;
        Ok(Stat { parent, start_time, has_ended })
    }

    #[cfg(not(kinfo))]
    pub(super) fn of(pid: u32) -> io::Result<Stat> {
        let text = read(&path(format!("/proc/{pid}/task/{pid}/stat")))?;
        Stat::parse(&text).ok_or(io::ErrorKind::InvalidData.into())
    }

    /// The kernel's flags of a thread.
    #[cfg(linux)]
    fn flags(text: &[u8]) -> Option<u64> {
        let name_end = text.iter().rposition(|byte| *byte == b')')?;
        std::str::from_utf8(&text[name_end + 1..]).ok()?.split(' ').nth(9 - 2)?.parse().ok()
    }

    #[cfg(not(kinfo))]
    /// The name, in parentheses, may contain any byte: a long one is cut inside a character. Numbers and one letter
    /// follow the last parenthesis.
    fn parse(text: &[u8]) -> Option<Stat> {
        let name_end = text.iter().rposition(|byte| *byte == b')')?;
        let fields = std::str::from_utf8(&text[name_end + 1..]).ok()?.strip_prefix(' ')?;
        let number = |field: usize| fields.split(' ').nth(field - 3)?.parse::<u64>().ok();
        // The first thread may end before the other threads. The process lives as long as one of them does.
        let has_ended = fields.starts_with(['Z', 'X']) && number(20)? <= 1;
        Some(Stat { parent: number(4)? as u32, start_time: number(22)?, has_ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(kinfo))]
    fn a_name_may_hold_any_byte() {
        let numbers = "S 7 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 1 18 4711 0";
        for name in ["(a) R 1 (b)".as_bytes(), b"(caf\xc3)", b"(\xff) )"] {
            let stat = Stat::parse(&[b"12 ", name, b" ", numbers.as_bytes()].concat()).unwrap();
            assert_eq!((stat.parent, stat.start_time, stat.has_ended), (7, 4711, false));
        }
        assert!(Stat::parse(format!("12 (a) {}", numbers.replace('S', "Z")).as_bytes()).unwrap().has_ended);
        assert!(Stat::parse(b"12 (a) S").is_none() && Stat::parse(b"").is_none());
    }

    #[test]
    fn a_process_has_a_number_in_each_namespace() {
        let status = b"Name:\tcaf\xc3\nTgid:\t812\nNStgid:\t812\t31\t1\nNSpid:\t813\t32\t2\n";
        assert_eq!(numbers(status, b"NStgid:"), Some(vec![812, 31, 1]));
        assert_eq!(numbers(status, b"Tgid:"), Some(vec![812]));
        assert_eq!(numbers(status, b"NSsid:"), None);
    }
}
