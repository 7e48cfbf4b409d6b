//! What identifies a process beyond its pid: PIDs are reused in time, after a reboot and in every container. A process
//! is identified by its boot, pid namespace and start time (proc(5)).

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Serialize};

use super::proc::{self, Stat};
use crate::sys::process::{self, PerProcess};

/// What a record says about its process besides the pid. Facts that could not be determined are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ProcessId {
    /// Shown to people. It decides only if the boot or the pid namespace is missing: a host can be renamed.
    pub(crate) host: Option<String>,
    pub(crate) boot_id: Option<String>,
    /// The inode number of the pid namespace, namespaces(7); 0 where the system has none.
    pub(crate) pid_ns: Option<u64>,
    /// The inode number of the time namespace, time_namespaces(7); 0 where the kernel has none. The start time is in
    /// its clock.
    pub(crate) time_ns: Option<u64>,
    /// On Linux in clock ticks since the boot, field 22 of /proc/pid/stat; elsewhere in microseconds since 1970.
    pub(crate) start_time: Option<u64>,
}

/// Where a process on record runs, as seen by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On this boot and in this pid namespace: its pid means the same here.
    Here,
    /// On this boot, in another pid namespace, as in a container.
    OtherNamespace,
    /// On another boot or host.
    Elsewhere,
    Unknown,
}

static OWN: PerProcess<ProcessId> = PerProcess::new();

impl ProcessId {
    /// The identity of this process, determined once. Facts that cannot be determined now, for instance for want of a
    /// descriptor, are tried again at the next call.
    pub(crate) fn own() -> Cow<'static, ProcessId> {
        let find = || ProcessId {
            host: process::host_name(),
            boot_id: boot_id(),
            // This thread's namespaces: those of the first thread are gone once it has ended.
            pid_ns: proc::namespace(c"/proc/thread-self/ns/pid").ok(),
            time_ns: time_namespace(),
            start_time: proc::own_number().and_then(|number| Some(Stat::of(number).ok()?.start_time)),
        };
        OWN.get(find, ProcessId::is_complete)
    }

    /// Whether all facts are known. Only Linux has this /proc.
    pub(crate) fn is_complete(&self) -> bool {
        let found = self.host.is_some()
            && self.boot_id.is_some()
            && self.pid_ns.is_some()
            && self.time_ns.is_some()
            && self.start_time.is_some();
        found || cfg!(not(linux))
    }

    /// Whether a record has nothing that identifies its process, like ralph-core's.
    pub(crate) fn is_missing(&self) -> bool {
        self.start_time.is_none() && self.place() == Place::Unknown
    }

    pub(super) fn place(&self) -> Place {
        let own = ProcessId::own();
        let same_boot = equal(&self.boot_id, &own.boot_id);
        let same_namespace = equal(&self.pid_ns, &own.pid_ns);
        match (same_boot, same_namespace) {
            (Some(true), Some(true)) => Place::Here,
            (Some(true), Some(false)) => Place::OtherNamespace,
            (Some(false), _) | (_, Some(false)) => Place::Elsewhere,
            _ if equal(&self.host, &own.host) == Some(false) => Place::Elsewhere,
            _ => Place::Unknown,
        }
    }

    /// Whether the process that has these facts is the one on record. None: its start time cannot be compared.
    pub(super) fn is_of(&self, stat: &Stat) -> Option<bool> {
        let comparable = equal(&self.time_ns, &ProcessId::own().time_ns) == Some(true);
        comparable.then_some(self.start_time? == stat.start_time)
    }
}

/// None if one side is missing.
fn equal<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> Option<bool> {
    Some(one.as_ref()? == other.as_ref()?)
}

fn time_namespace() -> Option<u64> {
    match proc::namespace(c"/proc/thread-self/ns/time") {
        // The kernel has no time namespaces, unless /proc is missing.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            proc::namespace(c"/proc/thread-self/ns/pid").ok().map(|_| 0)
        }
        found => found.ok(),
    }
}

#[cfg(kinfo)]
use crate::sys::kinfo::boot_id;

#[cfg(not(kinfo))]
fn boot_id() -> Option<String> {
    let id = proc::read(c"/proc/sys/kernel/random/boot_id").ok()?;
    String::from_utf8(id.trim_ascii_end().to_owned()).ok()
}

#[cfg(all(test, linux))]
mod tests {
    use super::*;

    fn changed(change: impl FnOnce(&mut ProcessId)) -> ProcessId {
        let mut identity = ProcessId::own().into_owned();
        change(&mut identity);
        identity
    }

    #[test]
    fn boot_and_namespace_decide_before_the_host_does() {
        let renamed = || Some("renamed".into());
        assert_eq!(changed(|process| process.host = renamed()).place(), Place::Here);
        assert_eq!(changed(|process| process.pid_ns = Some(1)).place(), Place::OtherNamespace);
        assert_eq!(changed(|process| process.boot_id = Some("other".into())).place(), Place::Elsewhere);
        let bootless = |host| changed(|process| (process.host, process.boot_id) = (host, None)).place();
        assert_eq!((bootless(renamed()), bootless(None)), (Place::Elsewhere, Place::Unknown));
        assert_eq!(ProcessId::default().place(), Place::Unknown);
    }

    #[test]
    fn start_times_of_another_time_namespace_are_not_compared() {
        let stat = Stat::of(process::id()).unwrap();
        assert_eq!(changed(|_| {}).is_of(&stat), Some(true));
        assert_eq!(changed(|process| process.start_time = Some(1)).is_of(&stat), Some(false));
        for time_ns in [Some(1), None] {
            assert_eq!(changed(|process| process.time_ns = time_ns).is_of(&stat), None);
        }
    }
}
