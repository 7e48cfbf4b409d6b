//! Which process is it, beyond its number? Numbers come again: after a while, after a reboot, in every
//! container. A process is known by its host, boot, pid namespace and start time (proc(5)).

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::io;

use serde::{Deserialize, Serialize};

#[cfg(unix)]
use crate::sys::file;
use crate::sys::process::{self, PerProcess};

/// What a record says of its process besides the number. What could not be found out is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ProcessId {
    pub(crate) host: Option<Cow<'static, str>>,
    pub(crate) boot_id: Option<Cow<'static, str>>,
    /// The inode number of the pid namespace, namespaces(7).
    pub(crate) pid_ns: Option<u64>,
    /// In clock ticks since the boot, field 22 of /proc/pid/stat.
    pub(crate) start_time: Option<u64>,
}

/// What can be said of a process on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// Nothing: the record has no identity, or there is no /proc.
    Unknown,
    /// It runs.
    Live,
    /// It has ended.
    Dead,
    /// It has ended, and another process has its number now.
    Recycled,
    /// It belongs to another host, boot or pid namespace, and cannot be judged from here.
    Foreign,
}

/// What a process on record is to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// That cannot be told.
    Unknown,
    /// The caller's own process.
    Own,
    /// A process above the caller: its parent, or that one's parent, and so on.
    Ancestor,
    /// Neither.
    Other,
}

static OWN: PerProcess<ProcessId> = PerProcess::new();

impl ProcessId {
    /// That of this process, found out once. What cannot be found out now, perhaps because no descriptor is
    /// left, is asked for again the next time.
    pub(crate) fn own() -> Cow<'static, ProcessId> {
        let find = || ProcessId {
            host: process::host_name().map(Cow::Owned),
            boot_id: read(c"/proc/sys/kernel/random/boot_id").ok().map(|id| Cow::Owned(id.trim_ascii_end().to_owned())),
            pid_ns: pid_namespace(),
            start_time: Stat::own().map(|stat| stat.start_time),
        };
        OWN.get(find, ProcessId::is_complete)
    }

    /// Whether there is nothing more to find out. Elsewhere than on Linux there is no /proc.
    pub(crate) fn is_complete(&self) -> bool {
        let found = self.host.is_some() && self.boot_id.is_some() && self.pid_ns.is_some() && self.start_time.is_some();
        found || cfg!(not(linux))
    }

    /// Whether numbers of its processes mean the same here. None: not to be told.
    fn is_here(&self) -> Option<bool> {
        let own = ProcessId::own();
        if self.host.is_some() && self.host != own.host {
            return Some(false);
        }
        let known = self.boot_id.is_some() && self.pid_ns.is_some() && own.boot_id.is_some() && own.pid_ns.is_some();
        known.then_some(self.boot_id == own.boot_id && self.pid_ns == own.pid_ns)
    }

    pub(crate) fn liveness(&self, pid: u32) -> Liveness {
        match self.is_here() {
            None => return Liveness::Unknown,
            Some(false) => return Liveness::Foreign,
            Some(true) if !process::exists(pid) => return Liveness::Dead,
            Some(true) => {}
        }
        // Where /proc shows another pid namespace, or hides other users' processes, nothing more is known.
        let (Some(start_time), Some(_), Some(stat)) = (self.start_time, Stat::own(), Stat::of(pid).ok()) else {
            return if process::exists(pid) { Liveness::Unknown } else { Liveness::Dead };
        };
        match stat.start_time == start_time {
            true if stat.has_ended => Liveness::Dead,
            true => Liveness::Live,
            false => Liveness::Recycled,
        }
    }

    /// Whether nobody has the number any more: the quick half of `liveness`.
    pub(crate) fn is_gone(&self, pid: u32) -> bool {
        // In this order, because the second one reads files.
        !process::exists(pid) && self.is_here() == Some(true)
    }

    pub(crate) fn relation(&self, pid: u32) -> Relation {
        match self.is_here() {
            None => return Relation::Unknown,
            Some(false) => return Relation::Other,
            Some(true) => {}
        }
        let Some(mut stat) = Stat::own() else {
            return Relation::Unknown;
        };
        let mut above = process::id();
        let mut relation = Relation::Own;
        // The first process of a pid namespace has no parent there. A bound in case that /proc changes meanwhile.
        for _ in 0..4096 {
            if above == pid {
                return if self.start_time == Some(stat.start_time) { relation } else { Relation::Other };
            }
            relation = Relation::Ancestor;
            above = stat.parent;
            match Stat::of(above) {
                Ok(found) => stat = found,
                // There is none, or it is hidden from us.
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(_) => return Relation::Unknown,
            }
        }
        Relation::Other
    }
}

#[cfg(unix)]
fn pid_namespace() -> Option<u64> {
    if !cfg!(linux) {
        return None;
    }
    file::stat_target(c"/proc/self/ns/pid").ok().map(|namespace| namespace.identity.inode)
}

#[cfg(not(unix))]
fn pid_namespace() -> Option<u64> {
    None
}

/// A file of /proc. Other systems have none, or one that says other things.
#[cfg(unix)]
fn read(path: &CStr) -> io::Result<String> {
    if !cfg!(linux) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    String::from_utf8(file::read_all(path)?).map_err(io::Error::other)
}

#[cfg(not(unix))]
fn read(_path: &CStr) -> io::Result<String> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What /proc/pid/stat tells of a process. It is read by way of the process's first thread, which has its
/// number: an emulator (qemu-user, which runs containers of another architecture) shows a process a text of
/// its own in /proc/self/stat and /proc/pid/stat, with a start time that nobody else sees.
struct Stat {
    parent: u32,
    start_time: u64,
    /// Waiting to be reaped: its descriptors are closed.
    has_ended: bool,
}

impl Stat {
    fn of(pid: u32) -> io::Result<Stat> {
        let text = read(&CString::new(format!("/proc/{pid}/task/{pid}/stat"))?)?;
        Stat::parse(&text).ok_or(io::ErrorKind::InvalidData.into())
    }

    /// That of this process. None where /proc belongs to another pid namespace, and numbers mean others there.
    fn own() -> Option<Stat> {
        let pid = process::id();
        Stat::parse(&read(&CString::new(format!("/proc/self/task/{pid}/stat")).ok()?).ok()?)
    }

    /// The name, in parentheses, may hold anything; what follows the last one may not.
    fn parse(text: &str) -> Option<Stat> {
        let fields = text.rsplit_once(')')?.1.strip_prefix(' ')?;
        let number = |field: usize| fields.split(' ').nth(field - 3)?.parse::<u64>().ok();
        // The first thread may end before the others. As long as there are others the process lives.
        let has_ended = fields.starts_with(['Z', 'X']) && number(20)? <= 1;
        Some(Stat { parent: number(4)? as u32, start_time: number(22)?, has_ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_is_passed_over() {
        let numbers = "S 7 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 1 18 4711 0";
        let stat = Stat::parse(&format!("12 (a) R 1 (b) {numbers}")).unwrap();
        assert_eq!((stat.parent, stat.start_time, stat.has_ended), (7, 4711, false));
        assert!(Stat::parse(&format!("12 (a) {}", numbers.replace('S', "Z"))).unwrap().has_ended);
        assert!(Stat::parse("12 (a) S").is_none() && Stat::parse("").is_none());
    }

    #[test]
    #[cfg(linux)]
    fn this_process_lives_and_is_itself() {
        let (own, pid) = (ProcessId::own(), process::id());
        assert_eq!((own.liveness(pid), own.relation(pid)), (Liveness::Live, Relation::Own));
        assert_eq!(own.liveness(std::os::unix::process::parent_id()), Liveness::Recycled);
    }

    #[test]
    fn what_is_not_known_is_not_judged() {
        let nothing = ProcessId::default();
        assert_eq!((nothing.liveness(1), nothing.relation(1)), (Liveness::Unknown, Relation::Unknown));
        let elsewhere = ProcessId { host: Some("elsewhere".into()), ..ProcessId::own().into_owned() };
        assert_eq!(
            (elsewhere.liveness(process::id()), elsewhere.relation(process::id())),
            (Liveness::Foreign, Relation::Other)
        );
    }
}
