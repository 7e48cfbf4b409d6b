//! Shows each row of the README's comparison with the real programs.

mod common;

use std::fs::remove_file;
use std::process::Command;

use common::{Process, workspace};
use ralph_lock::{LockError, LoopLock as Ours};

type Core = ralph_core::loop_lock::LoopLock;

fn flock(file: &str, command: &[&str]) -> Command {
    let mut flock = Command::new("flock");
    flock.args(["--nonblock", file]).args(command);
    flock
}

#[test]
fn a_removed_file_gives_ralph_core_two_holders() {
    let (_folder, root) = workspace();
    let _first = Core::try_acquire(&root, "first").unwrap();
    remove_file(format!("{root}/{}", Core::LOCK_FILE)).unwrap();
    assert!(Core::try_acquire(&root, "second").is_ok());
}

#[test]
fn a_file_removed_before_the_lock_gives_ralph_core_two_holders() {
    let (_folder, root) = workspace();
    let file = format!("{root}/{}", Core::LOCK_FILE);
    let mut holder = Process::peer_that_says(&["ralph-core", "hold", &root, "first"], "held");
    let mut waiter = Process::peer(&["ralph-core", "wait", &root, "second"]);
    waiter.wait_until_blocked();
    remove_file(&file).unwrap();
    let mut third = Process::peer_that_says(&["ralph-core", "hold", &root, "third"], "held");
    holder.say();
    // It has the lock of a file that is gone, and works alongside the third.
    waiter.hear("held");
    waiter.kill();
    third.kill();
}

#[test]
fn a_removed_file_gives_us_one_holder() {
    for removal in ["rm .ralph/loop.lock", "rm -rf .ralph", "mv .ralph moved", "git init -q . && git clean -fdxq"] {
        let (_folder, root) = workspace();
        let mut first = Process::peer_that_says(&["ralph-lock", "hold", &root, "first"], "held");
        assert!(Command::new("sh").args(["-c", removal]).current_dir(&root).status().unwrap().success());
        assert!(matches!(Ours::try_acquire(&root, "second"), Err(LockError::AlreadyLocked { holder: None, .. })));
        first.say();
        first.hear("released");
        drop(Ours::try_acquire(&root, "next").unwrap());
    }
}

#[test]
fn a_file_removed_before_the_lock_gives_us_one_holder() {
    let (_folder, root) = workspace();
    let file = format!("{root}/{}", Ours::LOCK_FILE);
    let mut holder = Process::peer_that_says(&["ralph-lock", "hold", &root, "first"], "held");
    let mut waiter = Process::peer(&["ralph-lock", "wait", &root, "second"]);
    waiter.wait_until_blocked();
    remove_file(&file).unwrap();
    assert!(matches!(Ours::try_acquire(&root, "third"), Err(LockError::AlreadyLocked { .. })));
    holder.say();
    holder.hear("released");
    waiter.hear("held");
    assert_eq!(Ours::read_existing(&root).unwrap().unwrap().pid, waiter.pid());
    waiter.kill();
}

#[test]
fn a_removed_file_gives_a_pid_file_two_holders() {
    let (_folder, root) = workspace();
    let file = format!("{root}/pid");
    let daemon = || {
        let mut daemon = Command::new("/sbin/start-stop-daemon");
        daemon.args(["--start", "--quiet", "--make-pidfile", "--pidfile", &file, "--exec", "/bin/sh"]);
        daemon.args(["--", "-c", "echo held; read line"]);
        daemon
    };
    let mut first = Process::start(&mut daemon());
    first.hear("held");
    // Its status for a daemon that already runs.
    assert_eq!(daemon().status().unwrap().code(), Some(1));
    remove_file(&file).unwrap();
    let mut second = Process::start(&mut daemon());
    second.hear("held");
    first.finish();
    second.finish();
}

#[test]
fn a_removed_file_gives_flock_two_holders() {
    let (_folder, root) = workspace();
    let file = format!("{root}/lock");
    let mut first = Process::start(&mut flock(&file, &["sh", "-c", "echo held; read line"]));
    first.hear("held");
    remove_file(&file).unwrap();
    assert!(flock(&file, &["true"]).status().unwrap().success());
}

#[test]
fn a_forked_child_takes_the_lock_from_ralph_core_and_not_from_us() {
    for (side, expected) in [("ralph-core", "lost"), ("ralph-lock", "kept")] {
        let (_folder, root) = workspace();
        Process::peer_that_says(&[side, "fork", &root], expected);
    }
}

#[test]
fn a_child_in_the_background_keeps_the_lock_of_flock() {
    let (_folder, root) = workspace();
    let file = format!("{root}/lock");
    // The child lives until the input ends, which flock(1) does not wait for. A shell gives a child in
    // the background another input, so the real one goes by another number.
    let mut first = Process::start(&mut flock(&file, &["sh", "-c", "exec 9<&0; (read line <&9) & echo started"]));
    first.hear("started");
    assert!(!flock(&file, &["true"]).status().unwrap().success(), "the lock went with flock(1)");
    first.finish();
}

#[test]
fn asking_ralph_core_whether_it_is_locked_refuses_others_and_asking_us_does_not() {
    let (_folder, root) = workspace();
    let file = format!("{root}/{}", Core::LOCK_FILE);
    drop(Core::try_acquire(&root, "makes the file").unwrap());
    let _prober = Process::peer_that_says(&["ralph-core", "probe", &root], "probing");
    // Eventually one of these coincides with a question of the other process.
    while flock(&file, &["true"]).status().unwrap().success() {}
}
