//! ralph-core and this library in one workspace: each excludes the other and reads the other's record, and a record
//! left behind locks nothing.

mod common;

use common::{Process, workspace};
use ralph_lock::{Liveness, LockError, LoopLock as Ours, Relation};

type Core = ralph_core::loop_lock::LoopLock;
type CoreError = ralph_core::loop_lock::LockError;

fn file_of(root: &str) -> String {
    std::fs::read_to_string(format!("{root}/{}", Ours::LOCK_FILE)).unwrap()
}

fn assert_we_are_refused_by(root: &str, pid: u32, prompt: &str) {
    match Ours::try_acquire(root, "ours") {
        Err(LockError::AlreadyLocked { holder: Some(holder), .. }) => {
            assert_eq!((holder.pid, holder.prompt.as_str()), (pid, prompt));
        }
        other => panic!("expected to be refused, got {other:?}"),
    }
    assert!(Ours::is_locked(root).unwrap());
    assert_eq!(Ours::read_existing(root).unwrap().unwrap().pid, pid);
}

fn assert_core_is_refused_by(root: &str, pid: u32, prompt: &str) {
    match Core::try_acquire(root, "theirs") {
        Err(CoreError::AlreadyLocked(holder)) => {
            assert_eq!((holder.pid, holder.prompt.as_str()), (pid, prompt));
        }
        other => panic!("expected to be refused, got {other:?}"),
    }
    assert!(Core::is_locked(root).unwrap());
    assert_eq!(Core::read_existing(root).unwrap().unwrap().pid, pid);
}

#[test]
fn ralph_core_excludes_us_and_we_read_its_record() {
    for prompt in ["implement auth".to_owned(), "x\n\"y\"".repeat(200_000)] {
        let (_folder, root) = workspace();
        // The long prompt does not fit on a command line, so this process is that side.
        let guard = Core::try_acquire(&root, &prompt).unwrap();
        assert_we_are_refused_by(&root, std::process::id(), &prompt);
        drop(guard);
        Ours::try_acquire(&root, "ours").unwrap();
    }
    let (_folder, root) = workspace();
    let mut theirs = Process::peer_that_says(&["ralph-core", "hold", &root, "theirs"], "held");
    assert_we_are_refused_by(&root, theirs.pid(), "theirs");
    theirs.say();
    theirs.hear("released");
    Ours::try_acquire(&root, "ours").unwrap();
}

#[test]
fn we_exclude_ralph_core_and_it_reads_our_record() {
    for prompt in ["implement auth".to_owned(), "x\n\"y\"".repeat(200_000)] {
        let (_folder, root) = workspace();
        let guard = Ours::try_acquire(&root, &prompt).unwrap();
        assert_core_is_refused_by(&root, std::process::id(), &prompt);
        guard.release().unwrap();
        assert!(!Core::is_locked(&root).unwrap());
        assert!(Core::read_existing(&root).unwrap().is_none(), "a released lock names no holder");
        drop(Core::try_acquire(&root, "theirs").unwrap());
    }
    let (_folder, root) = workspace();
    let mut ours = Process::peer_that_says(&["ralph-lock", "hold", &root, "ours"], "held");
    assert_core_is_refused_by(&root, ours.pid(), "ours");
    ours.kill();
    drop(Core::try_acquire(&root, "theirs").unwrap());
}

#[test]
fn ralph_core_ignores_the_identity_of_our_process() {
    let (_folder, root) = workspace();
    let mut ours = Process::peer_that_says(&["ralph-lock", "hold", &root, "ours"], "held");
    let record: serde_json::Value = serde_json::from_str(&file_of(&root)).unwrap();
    for key in ["host", "boot_id", "pid_ns", "start_time"] {
        assert!(!record["holder"][key].is_null(), "{key}: {record}");
    }
    assert_core_is_refused_by(&root, ours.pid(), "ours");
    let read = Core::read_existing(&root).unwrap().unwrap();
    assert_eq!(read.started, Ours::read_existing(&root).unwrap().unwrap().started);
    ours.kill();
    assert_eq!(Core::read_existing(&root).unwrap().unwrap().pid, ours.pid(), "a crash leaves it readable");
    drop(Core::try_acquire(&root, "theirs").unwrap());
}

#[test]
fn the_process_of_ralph_core_is_not_identified() {
    let (_folder, root) = workspace();
    let mut theirs = Process::peer_that_says(&["ralph-core", "hold", &root, "theirs"], "held");
    match Ours::try_acquire(&root, "ours") {
        Err(LockError::AlreadyLocked { holder: Some(holder), .. }) => {
            assert_eq!((holder.liveness(), holder.relation()), (Liveness::Unknown, Relation::Unknown));
            assert_eq!((holder.pid, holder.host()), (theirs.pid(), None));
        }
        other => panic!("expected to be refused, got {other:?}"),
    }
    theirs.kill();
    let guard = Ours::try_acquire(&root, "ours").unwrap();
    let previous = guard.previous().expect("it left its record");
    assert_eq!((previous.pid, previous.prompt.as_str()), (theirs.pid(), "theirs"));
    assert_eq!(previous.liveness(), Liveness::Unknown);
    guard.release().unwrap();
    assert!(Ours::try_acquire(&root, "ours").unwrap().previous().is_none(), "we leave none");
}

#[test]
fn the_record_that_ralph_core_leaves_behind_locks_nothing() {
    let (_folder, root) = workspace();
    drop(Core::try_acquire(&root, &"a long prompt ".repeat(1000)).unwrap());
    assert!(!Ours::is_locked(&root).unwrap());
    assert_eq!(Ours::read_existing(&root).unwrap().unwrap().pid, std::process::id());

    let guard = Ours::try_acquire(&root, "short").unwrap();
    let record: serde_json::Value = serde_json::from_str(&file_of(&root)).unwrap();
    assert_eq!(record["prompt"], "short", "nothing of the old record is left");
    guard.release().unwrap();
    assert!(file_of(&root).trim().is_empty());
}

#[test]
fn a_crash_on_either_side_frees_the_lock() {
    let (_folder, root) = workspace();
    for (side, _) in [("ralph-core", 0), ("ralph-lock", 1), ("ralph-core", 2)] {
        let mut holder = Process::peer_that_says(&[side, "hold", &root, "is killed"], "held");
        assert_we_are_refused_by(&root, holder.pid(), "is killed");
        holder.kill();
        let mut next = Process::peer_that_says(&[side, "hold", &root, "next"], "held");
        next.kill();
        Ours::try_acquire(&root, "ours").unwrap().release().unwrap();
        drop(Core::try_acquire(&root, "theirs").unwrap());
    }
}

#[test]
fn each_waits_for_the_other() {
    let (_folder, root) = workspace();
    for (holder, waiter) in [("ralph-core", "ralph-lock"), ("ralph-lock", "ralph-core")] {
        let mut holder = Process::peer_that_says(&[holder, "hold", &root, "first"], "held");
        let mut waiter = Process::peer(&[waiter, "wait", &root, "second"]);
        waiter.wait_until_blocked();
        holder.say();
        waiter.hear("held");
        assert_we_are_refused_by(&root, waiter.pid(), "second");
        waiter.kill();
    }
}

#[test]
fn probes_of_ralph_core_are_not_taken_for_a_holder() {
    let (_folder, root) = workspace();
    Ours::try_acquire(&root, "makes the file").unwrap().release().unwrap();
    let _prober = Process::peer_that_says(&["ralph-core", "probe", &root], "probing");
    for round in 0..300 {
        let guard = Ours::try_acquire(&root, "ours").unwrap_or_else(|error| panic!("round {round}: {error}"));
        guard.release().unwrap();
    }
}

#[test]
fn a_storm_of_both_never_has_two_holders() {
    let (_folder, root) = workspace();
    let sides = ["ralph-core", "ralph-lock", "ralph-core", "ralph-lock"];
    let mut peers = sides.map(|side| Process::peer(&[side, "storm", &root, "300"]));
    for peer in &mut peers {
        assert!(peer.finish().success());
    }
}
