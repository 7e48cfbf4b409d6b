//! `run` puts its lock file back, or reports that it could not.

use std::fs::{create_dir, remove_dir_all, write};
use std::io::Write;
use std::process::Command;

use ralph_lock::LoopLock;
use tempfile::TempDir;

use crate::harness::{Running, WORK, ask, command, nameless_holder, workspace};
use crate::repositories::repository;

/// Evaluates its input line by line.
const OBEY: &str = "echo on; while read -r line; do eval \"$line\"; echo done; done";

fn tell(holder: &mut Running, line: &str) {
    writeln!(holder.child.stdin.as_mut().expect("it is piped"), "{line}").unwrap();
    assert_eq!(holder.line(), "done");
}

const BACK: &str = "ralph-lock: the lock file was removed or replaced, and has been put back";

#[test]
fn a_lock_file_that_is_removed_is_put_back() {
    let repository = repository();
    let mut holder = Running::holder(&repository, OBEY);
    for removal in [
        "rm -rf .ralph",
        "rm .ralph/loop.lock",
        "git clean -fdxq",
        "mv .ralph elsewhere",
        "mv .ralph/loop.lock elsewhere",
        "mv .ralph again; mkdir .ralph",
        "cp .ralph/loop.lock copy; mv copy .ralph/loop.lock",
        "git add -f .ralph/loop.lock; git commit -qm lock; git rm -q .ralph/loop.lock; git commit -qm none",
        "git checkout -q HEAD~ -- .ralph/loop.lock",
    ] {
        tell(&mut holder, removal);
        assert_eq!(holder.error_line(), BACK, "{removal}");
        let record = LoopLock::read_existing(repository.path()).unwrap().expect("it is on record");
        assert_eq!((record.pid, record.prompt.as_str()), (holder.child.id(), "works"), "{removal}");
        assert_eq!(ask(&repository, &["run", "-q", "--", "echo", "ran"]), (75, String::new(), String::new()));
    }
    // Its loop still recognizes itself, also while the file is missing.
    let nested = format!("{} run --nested -- true || exit 9", crate::harness::tool().display());
    tell(&mut holder, &nested);
    tell(&mut holder, &format!("rm -r .ralph; {nested}"));
    assert_eq!(holder.error_line(), BACK);
    assert_eq!(holder.finish(), (0, String::new(), String::new()));
    assert_eq!(ask(&repository, &["status", "-q"]).0, 0);
}

#[test]
fn a_workspace_that_is_removed_stays_removed() {
    // `rm` may stall for longer than the tool waits.
    let undisturbed = (0..3).any(|_| {
        let around = workspace();
        let root = around.path().join("root");
        create_dir(&root).unwrap();
        for number in 0..3000 {
            write(root.join(number.to_string()), "").unwrap();
        }
        let mut holder = Running::new(&mut command(&around, &["run", "root", "--", "sh", "-c", WORK]));
        assert_eq!(holder.line(), "on");
        let removed = Command::new("rm").arg("-rf").arg(&root).status().unwrap().success();
        if removed {
            let said = holder.error_line();
            assert!(said.starts_with(&format!("ralph-lock: the lock of {}", root.display())), "{said}");
            assert_eq!(holder.finish(), (0, String::new(), String::new()));
            assert!(!root.exists());
        }
        removed
    });
    assert!(undisturbed);
}

/// Removes the lock file and lets another program lock a new one before the tool can look.
fn be_faster(workspace: &TempDir, holder: &Running) -> Running {
    holder.signal("STOP");
    remove_dir_all(workspace.path().join(".ralph")).unwrap();
    let faster = nameless_holder(workspace);
    holder.signal("CONT");
    faster
}

const FASTER: &str = "ralph-lock: the lock file was removed or replaced, and another program has locked the new one: \
                      an unknown process, which left no record";

#[test]
fn a_program_that_knows_only_the_file_may_be_faster() {
    let workspace = workspace();
    let mut holder = Running::holder(&workspace, WORK);
    let faster = be_faster(&workspace, &holder);
    assert_eq!(holder.error_line(), FASTER);
    // When that program has ended, the lock is restored.
    faster.finish();
    assert_eq!(holder.error_line(), BACK);
    // At the command's end the loss is not reported again.
    let faster = be_faster(&workspace, &holder);
    assert_eq!(holder.error_line(), FASTER);
    assert_eq!(holder.finish(), (0, String::new(), String::new()));
    faster.finish();
}

#[test]
fn a_command_ends_with_its_lock_if_asked() {
    let workspace = workspace();
    let script = "trap 'echo ended; exit 5' TERM; echo on; while :; do sleep 0.05; done";
    let mut holder = Running::new(&mut command(&workspace, &["run", "--on-lost=stop", "--", "sh", "-c", script]));
    assert_eq!(holder.line(), "on");
    let faster = be_faster(&workspace, &holder);
    assert_eq!(holder.error_line(), FASTER);
    assert_eq!(holder.error_line(), "ralph-lock: the lock is lost: ending the command");
    assert_eq!(holder.line(), "ended");
    assert_eq!(holder.finish().0, 5);
    faster.finish();
}
