//! Waits and their output.

use std::fs::{Permissions, copy, set_permissions};
use std::os::unix::fs::PermissionsExt;

use crate::common::{root, run};
use crate::harness::{Running, WORK, ask, command, nameless_holder, program, tool, workspace};

#[test]
fn wait_ends_when_it_is_free_and_changes_nothing() {
    let workspace = workspace();
    assert_eq!(ask(&workspace, &["wait"]), (0, String::new(), String::new()));
    assert!(!workspace.path().join(".ralph").exists());
    let mut holder = Running::holder(&workspace, WORK);
    let (status, _, errors) = ask(&workspace, &["wait", "--timeout=0.05"]);
    assert_eq!(status, 75);
    assert!(errors.contains(&format!("is held by process {} since", holder.pid())), "{errors}");
    let mut waiter = Running::new(&mut command(&workspace, &["wait"]));
    assert!(waiter.error_line().starts_with("ralph-lock: waiting: held by process"));
    holder.signal("KILL");
    holder.child.wait().unwrap();
    assert_eq!(waiter.finish(), (0, String::new(), String::new()));
    // The lock is free; the dead holder's record is usually still there.
    assert_eq!(ask(&workspace, &["status", "-q"]).0, 0);
}

#[test]
fn wait_needs_no_write_permission() {
    let workspace = workspace();
    let holder = Running::holder(&workspace, WORK);
    set_permissions(workspace.path().join(".ralph/loop.lock"), Permissions::from_mode(0o444)).unwrap();
    // Root without this capability is bound by the mode like any owner.
    let bound = r#"[ "$(id -u)" != 0 ] || exec setpriv --bounding-set=-dac_override "$0" "$@"; exec "$0" "$@""#;
    let as_reader = |arguments: &[&str]| {
        let mut reader = program("sh", &workspace);
        reader.args(["-c", bound]).arg(tool()).args(arguments);
        Running::new(&mut reader)
    };
    assert_eq!(as_reader(&["wait", "-q", "--timeout=0.05"]).finish(), (75, String::new(), String::new()));
    let mut waiter = as_reader(&["wait"]);
    let line = waiter.error_line();
    assert!(line.starts_with(&format!("ralph-lock: waiting: held by process {} since", holder.pid())), "{line}");
    holder.finish();
    assert_eq!(waiter.finish(), (0, String::new(), String::new()));
    // It is the mode that forbids to take the lock.
    assert_eq!(as_reader(&["run", "--", "echo", "ran"]).finish().0, 74);
}

#[test]
fn a_wait_names_each_holder_once_and_then_runs() {
    let (workspace, other) = (workspace(), workspace());
    let holder = nameless_holder(&workspace);
    let mut waiter = Running::new(&mut command(&workspace, &["run", "--timeout=100.5", "--", "echo", "ran"]));
    assert_eq!(waiter.error_line(), "ralph-lock: waiting: held by an unknown process, which left no record");
    // Records of live processes: the kernel's list of locks need not confirm them.
    for _ in 0..2 {
        let named = Running::holder(&other, WORK);
        copy(other.path().join(".ralph/loop.lock"), workspace.path().join(".ralph/loop.lock")).unwrap();
        let line = waiter.error_line();
        let expected = format!("ralph-lock: waiting: held by process {} since ", named.pid());
        assert!(line.starts_with(&expected), "{line}");
        named.finish();
    }
    holder.finish();
    assert_eq!(waiter.finish(), (0, "ran\n".to_owned(), String::new()));
}

#[test]
fn a_wait_without_the_kernels_help_ends_too() {
    let workspace = workspace();
    let holder = Running::holder(&workspace, WORK);
    let mut traced = program("strace", &workspace);
    traced.args(["--quiet=all", "-e", "trace=epoll_create1", "-e", "inject=epoll_create1:error=ENOSYS"]).arg(tool());
    traced.args(["run", "--wait", "--", "echo", "ran"]);
    let mut waiter = Running::new(&mut traced);
    while !waiter.error_line().contains("waiting: held by process") {
        assert!(waiter.child.try_wait().unwrap().is_none());
    }
    holder.finish();
    let (status, output, _) = waiter.finish();
    assert_eq!((status, output.as_str()), (0, "ran\n"));
}

#[test]
fn a_terminal_shows_one_line_and_its_keys_work() {
    let workspace = workspace();
    let mut python = program("python3", &workspace);
    python.arg("-B").arg(root().join("tests/tool/terminal.py")).arg(tool());
    print!("{}", run(&mut python));
}

#[test]
fn a_wait_ends_with_a_descriptor_that_select_cannot_take() {
    let workspace = workspace();
    let holder = Running::holder(&workspace, WORK);
    let fill =
        r#"ulimit -n 2048; for n in {3..1023}; do eval "exec $n</dev/null"; done; exec "$0" run --wait -- echo ran"#;
    let mut waiter = Running::new(program("bash", &workspace).args(["-c", fill]).arg(tool()));
    assert!(waiter.error_line().contains("waiting: held by process"));
    holder.finish();
    assert_eq!(waiter.finish(), (0, "ran\n".to_owned(), String::new()));
}
