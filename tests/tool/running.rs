//! `run`: the lock, refusals, and exit statuses.

use std::ffi::OsString;
use std::fs::{read_to_string, write};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;

use ralph_lock::LoopLock;

use crate::common::run;
use crate::harness::{Running, WORK, answer, ask, command, is_locked, script, workspace};

#[test]
fn run_holds_the_lock_and_ends_as_its_command_does() {
    let workspace = workspace();
    let mut holder = Running::new(&mut command(&workspace, &["run", "--", "sh", "-c", WORK, "caf\u{e9}"]));
    assert_eq!(holder.line(), "on");
    let record = LoopLock::read_existing(workspace.path()).unwrap().expect("it is on record");
    assert_eq!(record.pid, holder.child.id());
    // Arguments may be secret, and other users can read the file.
    assert_eq!(record.prompt, format!("sh in {}", workspace.path().canonicalize().unwrap().display()));
    assert!(is_locked(&workspace));
    assert_eq!(holder.finish(), (0, String::new(), String::new()));
    assert!(!is_locked(&workspace));
    assert_eq!(read_to_string(workspace.path().join(".ralph/loop.lock")).unwrap().trim(), "");

    write(workspace.path().join("text"), "no program").unwrap();
    for (arguments, status, error) in [
        (&["sh", "-c", "exit 7"][..], 7, ""),
        (&["sh", "-c", "exit 75"], 75, ""),
        (&["./text"], 126, "ralph-lock: cannot run ./text: Permission denied\n"),
        (&["./missing"], 127, "ralph-lock: cannot run ./missing: No such file or directory\n"),
    ] {
        let (ended, output, errors) = ask(&workspace, &[&["run", ".", "--"], arguments].concat());
        assert_eq!((ended, output.as_str(), errors.as_str()), (status, "", error), "{arguments:?}");
    }
    // A shell shows the end by a signal as 128 plus its number.
    assert_eq!(script(&workspace, "$RL run -- sh -c 'kill -KILL $$'; echo $?").1, "137\n");
    // A command whose name is not UTF-8 runs too.
    let odd = workspace.path().join(OsString::from_vec(b"a\xffb".to_vec()));
    std::os::unix::fs::symlink("/bin/cat", &odd).unwrap();
    let output = command(&workspace, &["run", "--"]).arg(odd).arg(".ralph/loop.lock").output().unwrap();
    assert!(answer(&output).1.contains("\"a\u{fffd}b in "), "{output:?}");
}

#[test]
fn run_refuses_and_names_the_holder_and_its_work() {
    let workspace = workspace();
    let holder = Running::holder(&workspace, WORK);
    let held = format!("/.ralph/loop.lock is held by process {} since 2", holder.pid());
    for options in [&["--timeout=0"][..], &["-t", "0.05"], &["--prompt=other"], &["-w", "-t0.05"], &["-w", "-n"]] {
        let (status, output, errors) = ask(&workspace, &[&["run"], options, &["--", "echo", "ran"]].concat());
        assert_eq!((status, output.as_str()), (75, ""), "{options:?}");
        let last = errors.lines().last().unwrap();
        assert!(last.contains(&held) && last.ends_with("Z: works"), "{errors}");
    }
    assert_eq!(ask(&workspace, &["run", "--quiet", "--timeout=0.05", "--", "echo", "ran"]).0, 75);
    // As in flock(1).
    assert_eq!(ask(&workspace, &["run", "-nE", "3", "--", "echo", "ran"]).0, 3);
    assert_eq!(ask(&workspace, &["run", "--conflict-exit-code=0", "-t0.05", "--", "echo", "ran"]).1, "");
    assert_eq!(ask(&workspace, &["run", "-q", "--", "echo", "ran"]), (75, String::new(), String::new()));
    // Another file is another lock.
    assert_eq!(ask(&workspace, &["run", "--file=other.lock", "--", "echo", "ran"]).1, "ran\n");
    // A failure does not count as a held lock.
    let (status, _, errors) = ask(&workspace, &["run", "missing", "--", "true"]);
    assert!(status == 74 && errors.contains("missing"), "{status} {errors}");
    holder.finish();
}

#[test]
fn processes_that_outlive_the_command_keep_no_lock() {
    let workspace = workspace();
    // This test ends the server through its standard output.
    let mut server = Running::new(&mut command(
        &workspace,
        &["run", "--", "sh", "-c", "sh -c 'echo on; exec sleep 1000' & echo $!; exit 3"],
    ));
    let lines = [server.line(), server.line()];
    let pid = lines.iter().find(|line| *line != "on").expect("one line is its pid").clone();
    assert_eq!(server.child.wait().unwrap().code(), Some(3));
    assert!(Path::new("/proc").join(&pid).exists());
    assert!(!is_locked(&workspace));
    run(Command::new("sh").args(["-c", &format!("kill {pid}")]));
}

#[test]
fn a_lock_file_that_was_removed_is_reported() {
    let workspace = workspace();
    let (status, _, errors) = ask(&workspace, &["run", "--", "sh", "-c", "rm -r .ralph; exit 2"]);
    assert_eq!(status, 2);
    assert!(errors.starts_with("ralph-lock: while the command ran: the lock of "), "{errors}");
    assert!(errors.contains("the file or a directory above it was removed or replaced"), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
}
