//! flock(1) of util-linux and this library: the same lock, and a holder that leaves no record.

mod common;

use std::process::Command;

use common::Process;
use ralph_lock::{LockError, LoopLock};

#[test]
fn flock_is_refused_while_we_hold() {
    let workspace = tempfile::tempdir().unwrap();
    let file = workspace.path().join(LoopLock::LOCK_FILE);
    let guard = LoopLock::try_acquire(workspace.path(), "ours").unwrap();
    let flock = || Command::new("flock").arg("--nonblock").arg(&file).arg("true").status().unwrap();
    assert_eq!(flock().code(), Some(1));
    guard.release().unwrap();
    assert_eq!(flock().code(), Some(0));
}

#[test]
fn flock_refuses_us_and_no_holder_is_named() {
    let workspace = tempfile::tempdir().unwrap();
    let file = workspace.path().join(LoopLock::LOCK_FILE);
    LoopLock::try_acquire(workspace.path(), "makes the file").unwrap().release().unwrap();
    for kind in ["--exclusive", "--shared"] {
        let mut holder =
            Process::start(Command::new("flock").arg(kind).arg(&file).args(["sh", "-c", "echo held; read line"]));
        holder.hear("held");
        match LoopLock::try_acquire(workspace.path(), "ours") {
            Err(LockError::AlreadyLocked { holder: None, .. }) => {}
            other => panic!("expected a refusal without a holder, got {other:?}"),
        }
        holder.finish();
        LoopLock::try_acquire(workspace.path(), "ours").unwrap().release().unwrap();
    }
}
