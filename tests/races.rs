//! Removes or replaces the lock file between two system calls of a process, which strace stops there.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use common::traced::{LEFTOVER, Workspace};
use ralph_lock::{Inspection, Liveness, LockError, LoopLock};

#[test]
fn a_file_removed_between_open_and_lock_is_not_locked() {
    for step in ["try", "wait"] {
        let workspace = Workspace::new();
        let stopped = workspace.inject(&["openat:signal=SIGSTOP:when=1"], step).stopped();
        fs::remove_dir_all(workspace.lock_file().parent().unwrap()).unwrap();
        stopped.go_on().has_the_lock(&workspace);
    }
}

#[test]
fn a_file_replaced_between_open_and_lock_is_not_locked() {
    for step in ["try", "wait"] {
        let workspace = Workspace::new();
        let stopped = workspace.inject(&["openat:signal=SIGSTOP:when=1"], step).stopped();
        let moved = workspace.replace();
        stopped.go_on().has_the_lock(&workspace);
        assert_eq!(fs::read_to_string(moved).unwrap(), LEFTOVER, "the file that was moved away was written to");
    }
}

#[test]
fn a_file_removed_between_lock_and_look_is_not_locked() {
    for step in ["try", "wait"] {
        let workspace = Workspace::new();
        let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], step).stopped();
        fs::remove_file(workspace.lock_file()).unwrap();
        stopped.go_on().has_the_lock(&workspace);
    }
}

#[test]
fn a_folder_removed_before_the_file_is_made_is_made_again() {
    let workspace = Workspace::new();
    let folder = workspace.lock_file().parent().unwrap().to_owned();
    fs::remove_dir_all(&folder).unwrap();
    let stopped = workspace.inject(&["mkdirat:signal=SIGSTOP:when=1"], "try").stopped();
    fs::remove_dir(&folder).unwrap();
    stopped.go_on().has_the_lock(&workspace);
}

/// The moments at which a contender is stopped: after its open, after its refused exclusive try, and after its refused
/// shared try.
const MOMENTS: [&str; 3] =
    ["openat:signal=SIGSTOP:when=1", "flock:signal=SIGSTOP:when=1", "flock:signal=SIGSTOP:when=2"];

#[test]
fn a_contender_whose_file_was_removed_takes_the_new_one() {
    for moment in MOMENTS {
        let workspace = Workspace::new();
        let _first = workspace.hold_file();
        let stopped = workspace.inject(&[moment], "try").stopped();
        fs::remove_file(workspace.lock_file()).unwrap();
        stopped.go_on().has_the_lock(&workspace);
    }
}

/// The moments at which an acquire is stopped: before it has locked the root, and after.
const ROOT_MOMENTS: [&str; 2] = ["openat:signal=SIGSTOP:when=1", "flock:signal=SIGSTOP:when=1"];

#[test]
fn a_file_removed_around_the_roots_lock_is_not_locked() {
    for step in ["try", "wait"] {
        for moment in ROOT_MOMENTS {
            let workspace = Workspace::new();
            let stopped = workspace.inject_on_root(&[moment], step).stopped();
            fs::remove_dir_all(workspace.lock_file().parent().unwrap()).unwrap();
            stopped.go_on().has_the_lock(&workspace);
            let workspace = Workspace::new();
            let stopped = workspace.inject_on_root(&[moment], step).stopped();
            let moved = workspace.replace();
            stopped.go_on().has_the_lock(&workspace);
            assert_eq!(fs::read_to_string(moved).unwrap(), LEFTOVER, "the file that was moved away was written to");
        }
    }
}

/// The process that has locked the root excludes every other one, also before it has compared. If another process was
/// faster, the stopped one learns which.
#[test]
fn of_two_files_one_root_makes_one_holder() {
    let workspace = Workspace::new();
    let stopped = workspace.inject_on_root(&[ROOT_MOMENTS[0]], "try").stopped();
    fs::remove_file(workspace.lock_file()).unwrap();
    let second = LoopLock::try_acquire(workspace.root(), "second").unwrap();
    let traced = stopped.go_on();
    assert_eq!(traced.lines()[0], "acquire RALPH_LOCK_ALREADY_LOCKED 0 second", "{}", traced.text());
    drop(second);

    let workspace = Workspace::new();
    let stopped = workspace.inject_on_root(&[ROOT_MOMENTS[1]], "try").stopped();
    fs::remove_file(workspace.lock_file()).unwrap();
    let refused = LoopLock::try_acquire(workspace.root(), "second").unwrap_err();
    assert!(matches!(refused, LockError::AlreadyLocked { holder: None, root: Some(_), .. }), "{refused:?}");
    assert!(LoopLock::is_locked(workspace.root()).unwrap());
    stopped.go_on().has_the_lock(&workspace);
}

/// The prober is stopped while it has the root's shared lock; an acquire succeeds all the same.
#[test]
fn a_prober_of_the_root_does_not_refuse_an_acquire() {
    let workspace = Workspace::new();
    let stopped = workspace.inject_on_root(&["flock:signal=SIGSTOP:when=1"], "ask").stopped();
    fs::remove_dir_all(workspace.lock_file().parent().unwrap()).unwrap();
    std::thread::scope(|scope| {
        let acquire = scope.spawn(|| LoopLock::try_acquire(workspace.root(), "second"));
        let traced = stopped.go_on();
        assert!(acquire.join().unwrap().is_ok());
        assert!(traced.lines()[0].ends_with("RALPH_LOCK_OK 0"), "{}", traced.text());
    });
}

/// A restore between the look at the missing file and the look at the root does not make is_locked answer "free".
#[test]
fn a_file_that_is_put_back_meanwhile_is_held() {
    let workspace = Workspace::new();
    let first = LoopLock::try_acquire(workspace.root(), "first").unwrap();
    fs::remove_file(workspace.lock_file()).unwrap();
    // It has seen that the file is missing. Then the file is back, and the root is free.
    let stopped = workspace.inject(&["openat:signal=SIGSTOP:when=1"], "ask").stopped();
    first.restore().unwrap();
    let fd = first.into_fd().unwrap();
    let traced = stopped.go_on();
    assert_eq!(traced.lines(), ["locked RALPH_LOCK_OK 0"], "{}", traced.text());
    drop(fd);
}

/// The adopter is stopped after its first try, which a prober's lock refused.
#[test]
fn a_prober_does_not_refuse_an_adopter() {
    let workspace = Workspace::new();
    let mut prober = Command::new("flock")
        .args(["--shared", "--no-fork", workspace.lock_file().to_str().unwrap(), "sh", "-c", "echo; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It has its lock by now.
    prober.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], "adopt").stopped();
    drop(prober.stdin.take());
    prober.wait().unwrap();
    stopped.go_on().has_the_lock(&workspace);
}

/// Other holders may have come and gone since the adopter's first look at the file.
#[test]
fn an_adopter_blanks_all_that_was_written_until_it_has_the_lock() {
    let workspace = Workspace::new();
    fs::write(workspace.lock_file(), "").unwrap();
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], "adopt-and-die").stopped();
    fs::write(workspace.lock_file(), LEFTOVER.replace("gone", &"x".repeat(2000))).unwrap();
    let traced = stopped.go_on();
    assert_eq!(traced.lines(), ["acquire RALPH_LOCK_OK 0"], "{}", traced.text());
    let left = LoopLock::inspect(workspace.root()).unwrap();
    assert!(matches!(&left, Inspection::Stale(left) if left.prompt == "traced"), "{left:?}");
}

/// The adopter is stopped after its first try, which the holder's lock refused.
#[test]
fn an_adopter_whose_file_was_removed_has_lost_it() {
    let workspace = Workspace::new();
    let _first = workspace.hold_file();
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], "adopt").stopped();
    fs::remove_file(workspace.lock_file()).unwrap();
    let traced = stopped.go_on();
    assert_eq!(traced.lines(), ["acquire RALPH_LOCK_LOST 0", "again RALPH_LOCK_OK"], "{}", traced.text());
}

#[test]
fn a_nameless_holder_of_a_moved_file_does_not_refuse() {
    let workspace = Workspace::new();
    let _first = workspace.hold_file();
    fs::write(workspace.lock_file(), "").unwrap();
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], "try").stopped();
    workspace.replace();
    stopped.go_on().has_the_lock(&workspace);
}

#[test]
fn a_contender_learns_the_holder_of_the_file_at_the_path() {
    for moment in MOMENTS {
        let workspace = Workspace::new();
        let _first = workspace.hold_file();
        let stopped = workspace.inject(&[moment], "try").stopped();
        fs::remove_file(workspace.lock_file()).unwrap();
        let _second = LoopLock::try_acquire(workspace.root(), "second").unwrap();
        let traced = stopped.go_on();
        assert_eq!(traced.lines()[0], "acquire RALPH_LOCK_ALREADY_LOCKED 0 second", "{}", traced.text());
    }
}

#[test]
fn is_locked_is_about_the_file_at_the_path() {
    for (moment, held) in [("openat", true), ("openat", false), ("flock", true), ("flock", false)] {
        let workspace = Workspace::new();
        let first = held.then(|| workspace.hold_file());
        let stopped = workspace.inject(&[&format!("{moment}:signal=SIGSTOP:when=1")], "ask").stopped();
        workspace.replace();
        let second = (!held).then(|| LoopLock::try_acquire(workspace.root(), "second").unwrap());
        let traced = stopped.go_on();
        let expected = if held { "free RALPH_LOCK_OK 0" } else { "locked RALPH_LOCK_OK 0" };
        assert_eq!(traced.lines(), [expected], "{}", traced.text());
        drop((first, second));
    }
}

#[test]
fn a_holder_that_has_not_written_yet_is_a_holder_without_name() {
    let workspace = Workspace::new();
    fs::write(workspace.lock_file(), "  \n").unwrap();
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=1"], "try").stopped();
    let refused = LoopLock::try_acquire(workspace.root(), "contender");
    assert!(matches!(refused, Err(LockError::AlreadyLocked { holder: None, .. })), "{refused:?}");
    stopped.go_on().has_the_lock(&workspace);
}

/// After a holder was killed, the next one is stopped before it blanks the file, and before it writes.
#[test]
fn a_new_holder_that_has_not_written_yet_is_not_the_dead_one() {
    for moment in ["flock:signal=SIGSTOP:when=1", "pwrite64:signal=SIGSTOP:when=1"] {
        let workspace = Workspace::new();
        let dead = workspace.strace(&[], "die").wait();
        assert_eq!(dead.lines(), ["acquire RALPH_LOCK_OK 0"], "{}", dead.text());
        let left = LoopLock::inspect(workspace.root()).unwrap();
        let Inspection::Stale(left) = left else { panic!("{left:?}") };
        assert_eq!((left.prompt.as_str(), left.liveness()), ("traced", Liveness::Dead));

        let stopped = workspace.inject(&[moment], "try").stopped();
        assert_eq!(LoopLock::inspect(workspace.root()).unwrap(), Inspection::Held(None));
        let refused = LoopLock::try_acquire(workspace.root(), "contender");
        assert!(matches!(refused, Err(LockError::AlreadyLocked { holder: None, .. })), "{refused:?}");
        let unsignalled = LoopLock::signal_holder(workspace.root(), 9);
        assert!(matches!(unsignalled, Err(LockError::NoRecord { .. })), "{unsignalled:?}");
        stopped.go_on().has_the_lock(&workspace);
    }
}

/// The caller is stopped after it has opened the holder's process.
#[test]
fn a_holder_that_was_replaced_while_it_was_opened_is_not_signalled() {
    let workspace = Workspace::new();
    let first = LoopLock::try_acquire(workspace.root(), "first").unwrap();
    let stopped = workspace.strace(&["-e", "inject=pidfd_open:signal=SIGSTOP:when=1"], "kill").stopped();
    drop(first);
    let second = LoopLock::try_acquire(workspace.root(), "second").unwrap();
    // A signal would have ended this process.
    let traced = stopped.go_on();
    assert_eq!(traced.lines(), ["kill RALPH_LOCK_NOT_FOUND 0"], "{}", traced.text());
    second.verify().unwrap();
}

#[test]
fn a_release_leaves_the_file_alone_once_the_lock_is_free() {
    let workspace = Workspace::new();
    // The second call of flock is the one that unlocks.
    let stopped = workspace.inject(&["flock:signal=SIGSTOP:when=2"], "try").stopped();
    workspace.assert_blank();
    let _next = LoopLock::try_acquire(workspace.root(), "next").unwrap();
    let traced = stopped.go_on();
    assert_eq!(traced.lines().last(), Some(&"again RALPH_LOCK_ALREADY_LOCKED"), "{}", traced.text());
    let record = LoopLock::read_existing(workspace.root()).unwrap().expect("the next holder is on record");
    assert_eq!(record.prompt, "next");
}
