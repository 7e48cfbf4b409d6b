//! Judges a process on record: whether it runs, and its relation to the caller.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::identity::{Place, ProcessId};
use super::owners;
use super::proc::{self, Stat};
use crate::sys::process;

/// Whether the process on record runs.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// Unknown: the record has no identity (ralph-core writes none), its start time is in the clock of another time
    /// namespace, or there is no /proc.
    Unknown = 0,
    /// It runs.
    Live = 1,
    /// It has ended.
    Dead = 2,
    /// It has ended, and another process has its pid now.
    Recycled = 3,
    /// It belongs to another host or boot, or to a pid namespace that is not visible from here, and cannot be judged.
    Foreign = 4,
}

/// The relation of the process on record to the caller.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It cannot be determined.
    Unknown = 0,
    /// The caller's own process.
    Own = 1,
    /// An ancestor of the caller: its parent, that process's parent, and so on.
    Ancestor = 2,
    /// Neither, as far as is visible from the caller's pid namespace.
    Other = 3,
}

/// The pid by which a process of another pid namespace was found here; 0 until then. It is kept, so that the process
/// can be judged after it has released the lock.
#[derive(Debug, Default)]
pub(crate) struct FoundAs(AtomicU32);

impl Clone for FoundAs {
    fn clone(&self) -> FoundAs {
        FoundAs(AtomicU32::new(self.0.load(Relaxed)))
    }
}

/// A process on record, as seen by the caller.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) identity: &'a ProcessId,
    /// The pid on record, in the process's own pid namespace.
    pub(crate) pid: u32,
    pub(crate) found_as: &'a FoundAs,
}

impl Seen<'_> {
    /// The pid in the caller's pid namespace, whether or not the process still has it.
    fn number(&self) -> Result<u32, Place> {
        match self.identity.place() {
            Place::Here => Ok(self.pid),
            Place::OtherNamespace => self.find().ok_or(Place::OtherNamespace),
            place => Err(place),
        }
    }

    /// The pid here of a process of another pid namespace. It is searched for among the owners of locks on any file:
    /// pid, pid namespace and start time identify it, and the list is short.
    fn find(&self) -> Option<u32> {
        let known = self.found_as.0.load(Relaxed);
        if known != 0 {
            return Some(known);
        }
        let found = owners::of_any_lock().ok()?.into_iter().find(|number| self.is_contained_as(*number))?;
        self.found_as.0.store(found, Relaxed);
        Some(found)
    }

    /// Whether the process with this pid here is the one on record: with its pid and pid namespace in the container,
    /// and its start time.
    fn is_contained_as(&self, number: u32) -> bool {
        Stat::of(number).is_ok_and(|stat| self.identity.is_of(&stat) == Some(true))
            && proc::innermost_number(number) == Some(self.pid)
            && proc::pid_namespace(number).ok() == self.identity.pid_ns
    }

    /// The pid by which to watch it. A record without identity is taken for one of this pid namespace.
    pub(crate) fn number_here(&self) -> Option<u32> {
        match self.number() {
            Ok(number) => Some(number),
            Err(Place::Unknown) => Some(self.pid),
            Err(_) => None,
        }
    }

    pub(crate) fn liveness(&self) -> Liveness {
        let number = match self.number() {
            Ok(number) => number,
            Err(Place::Unknown) => return Liveness::Unknown,
            Err(_) => return Liveness::Foreign,
        };
        if !process::exists(number) {
            return Liveness::Dead;
        }
        // If /proc shows another pid namespace, or hides other users' processes, nothing more is known.
        let (true, Ok(stat)) = (proc::is_ours(), Stat::of(number)) else {
            return if process::exists(number) { Liveness::Unknown } else { Liveness::Dead };
        };
        match self.identity.is_of(&stat) {
            Some(false) => Liveness::Recycled,
            _ if stat.has_ended => Liveness::Dead,
            Some(true) => Liveness::Live,
            None => Liveness::Unknown,
        }
    }

    /// Whether it is known to have ended. Quick for a running process; a process that has its pid now is taken for it.
    pub(crate) fn is_gone(&self) -> bool {
        // In this order, because the second check reads files.
        !proc::has_program(self.pid) && self.liveness() == Liveness::Dead
    }

    /// The pid by which the caller can reach it; None if it has ended or is not visible from here.
    pub(crate) fn local_pid(&self) -> Option<u32> {
        let has_ended = matches!(self.liveness(), Liveness::Dead | Liveness::Recycled);
        self.number().ok().filter(|_| !has_ended)
    }

    pub(crate) fn relation(&self) -> Relation {
        let number = match self.number() {
            Ok(number) => number,
            Err(Place::Unknown) => return Relation::Unknown,
            Err(_) => return Relation::Other,
        };
        if !proc::is_ours() {
            return Relation::Unknown;
        }
        let mut above = process::id();
        let mut relation = Relation::Own;
        // The first process of a pid namespace has no parent there. The bound holds even if /proc changes meanwhile.
        for _ in 0..4096 {
            let stat = match Stat::of(above) {
                Ok(stat) => stat,
                // It has no parent, or /proc hides it from the caller.
                Err(error) if error.kind() == io::ErrorKind::NotFound && relation != Relation::Own => break,
                Err(_) => return Relation::Unknown,
            };
            if above == number {
                return match self.identity.is_of(&stat) {
                    Some(true) => relation,
                    Some(false) => Relation::Other,
                    None => Relation::Unknown,
                };
            }
            relation = Relation::Ancestor;
            above = stat.parent;
        }
        Relation::Other
    }

    /// Whether it may be the process that is listed, by its pid here, as the owner of a lock, as far as the pids tell.
    pub(crate) fn may_be(&self, number: u32) -> bool {
        self.number_here() == Some(number) || proc::innermost_number(number) == Some(self.pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NOT_FOUND: FoundAs = FoundAs(AtomicU32::new(0));

    fn seen(identity: &ProcessId, pid: u32) -> Seen<'_> {
        Seen { identity, pid, found_as: &NOT_FOUND }
    }

    #[test]
    #[cfg(linux)]
    fn this_process_lives_and_is_itself() {
        let (own, pid) = (ProcessId::own(), process::id());
        let itself = seen(&own, pid);
        assert_eq!((itself.liveness(), itself.relation()), (Liveness::Live, Relation::Own));
        assert_eq!((itself.is_gone(), itself.local_pid()), (false, Some(pid)));
        let parent = seen(&own, std::os::unix::process::parent_id());
        assert_eq!((parent.liveness(), parent.local_pid()), (Liveness::Recycled, None));
    }

    #[test]
    fn unknown_facts_are_not_judged() {
        let nothing = ProcessId::default();
        assert_eq!(
            (seen(&nothing, 1).liveness(), seen(&nothing, 1).relation()),
            (Liveness::Unknown, Relation::Unknown)
        );
        let elsewhere = ProcessId { host: Some("elsewhere".into()), ..ProcessId::default() };
        assert_eq!(
            (seen(&elsewhere, process::id()).liveness(), seen(&elsewhere, process::id()).relation()),
            (Liveness::Foreign, Relation::Other)
        );
        assert_eq!(seen(&elsewhere, process::id()).local_pid(), None);
    }
}
