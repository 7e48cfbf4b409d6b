//! Without inotify, pidfd or eventfd, waits have the same results. strace makes the system calls fail, so that the
//! shipped library is tested.

mod common;

use std::process::{Command, Stdio};

use common::{c_tests, compile, libraries};

/// The programs of c-tests/ whose promises do not depend on the means of waiting.
const PROGRAMS: [&str; 15] = [
    "another_lock_file_is_another_lock",
    "cancel_ends_waits_at_once",
    "every_end_of_a_holder_wakes_the_waiter",
    "fifty_waiters_each_get_the_lock_once",
    "foreign_holders_are_waited_for",
    "forked_child_leaves_waiters_alone",
    "forked_child_waits_on_its_own",
    "lock_freed_during_a_wait_is_taken",
    "one_token_ends_many_waits",
    "signals_interrupt_waits",
    "signals_need_a_pidfd",
    "timed_wait_ends_at_its_deadline",
    "timeout_of_zero_tries_once",
    "waiter_steps_without_blocking",
    "waiters_follow_the_path",
];

/// Those of them that make cancel tokens, which need an eventfd.
const WITH_TOKENS: [&str; 4] = [
    "cancel_ends_waits_at_once",
    "one_token_ends_many_waits",
    "signals_interrupt_waits",
    "waiter_steps_without_blocking",
];

const NO_INOTIFY: &str = "inotify_init1:error=EMFILE";
const NO_PIDFD: &str = "pidfd_open:error=ENOSYS";
const NO_EVENTFD: &str = "eventfd2:error=EMFILE";

#[test]
fn without_inotify() {
    test(&[NO_INOTIFY]);
}

#[test]
fn without_pidfd() {
    test(&[NO_PIDFD]);
}

#[test]
fn without_both() {
    test(&[NO_INOTIFY, NO_PIDFD]);
}

#[test]
fn without_eventfd() {
    test(&[NO_EVENTFD]);
}

fn test(faults: &[&str]) {
    let strace = Command::new("strace").arg("--version").output();
    assert!(strace.is_ok_and(|strace| strace.status.success()), "this test needs strace");
    let sources = c_tests();
    let mut failed = 0;
    for name in PROGRAMS {
        if faults.contains(&NO_EVENTFD) && WITH_TOKENS.contains(&name) {
            continue;
        }
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
        let (program, log) = (folder.path().join(name), folder.path().join("strace.log"));
        let source = sources.iter().find(|source| source.file_stem().is_some_and(|stem| stem == name));
        compile(source.unwrap_or_else(|| panic!("c-tests has no {name}")), "so", &program);
        // A program that hangs is ended with all its children. strace stops only at the calls that fail.
        let mut command = Command::new("timeout");
        command.args(["--kill-after=1", "120", "strace", "-f", "--seccomp-bpf"]);
        command.args(["-e", "trace=inotify_init1,pidfd_open,eventfd2"]);
        for fault in faults {
            command.arg("-e").arg(format!("inject={fault}"));
        }
        let output = command
            .arg("-o")
            .arg(&log)
            .arg(&program)
            .current_dir(&folder)
            .env("RALPH_LOCK_TEST_LIBRARIES", libraries())
            .stdin(Stdio::null())
            .output()
            .expect("it can be run");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success(), "{name} with {faults:?}: {}\n{text}", output.status);
        let log = std::fs::read_to_string(log).expect("strace wrote it");
        for fault in faults {
            let call = fault.split(':').next().expect("it names a call");
            let made: Vec<&str> = log.lines().filter(|line| line.contains(call) && line.contains(" = ")).collect();
            assert!(made.iter().all(|line| line.contains("INJECTED")), "{name}: {call} did not fail\n{log}");
            failed += made.len();
        }
    }
    assert!(failed > 0, "no call was made to fail");
}
