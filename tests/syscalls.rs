//! Counts the library's system calls with strace, makes each one fail, and kills the process between any two.
#![cfg(target_os = "linux")]

mod common;

use common::traced::Workspace;
use ralph_lock::LoopLock;

#[test]
fn an_uncontended_acquire_and_release_take_at_most_eighteen_calls() {
    takes_at_most(18, "count-pair");
}

#[test]
fn a_refusal_takes_at_most_eight_calls() {
    takes_at_most(8, "count-refused");
}

#[test]
fn reading_the_record_takes_at_most_five_calls() {
    takes_at_most(5, "count-read");
}

/// The sixth call, one for each file system, asks for its type. A program that reads one record and ends, like a shell
/// prompt, does not identify its own machine.
#[test]
fn a_first_reading_of_the_record_takes_at_most_six_calls() {
    takes_at_most(6, "count-first-read");
}

fn takes_at_most(limit: usize, step: &str) {
    let workspace = Workspace::new();
    workspace.strace(&[], "die").wait();
    let traced = workspace.strace(&["-e", "trace=all"], step).wait();
    let calls: Vec<&str> = traced.log.lines().filter(|line| !line.contains("+++")).collect();
    let marks: Vec<usize> = (0..calls.len()).filter(|&index| calls[index].contains(" getppid()")).collect();
    let [begin, end] = marks[..] else { panic!("the step is not marked:\n{}", traced.log) };
    let counted = &calls[begin + 1..end];
    assert!(!counted.is_empty(), "nothing was counted:\n{}", traced.log);
    assert!(counted.len() <= limit, "{} calls instead of {limit}:\n{}", counted.len(), counted.join("\n"));
}

#[test]
fn a_lock_that_the_kernel_cannot_give_is_no_refusal() {
    for step in ["try", "wait"] {
        for (name, code) in [("ENOLCK", libc::ENOLCK), ("EIO", libc::EIO), ("EBADF", libc::EBADF)] {
            fails(step, &[&format!("flock:error={name}:when=1")], &format!("RALPH_LOCK_IO {code}"));
        }
        for (name, code) in [("ENOSYS", libc::ENOSYS), ("EOPNOTSUPP", libc::EOPNOTSUPP)] {
            let expected = format!("RALPH_LOCK_UNSUPPORTED_FILESYSTEM {code}");
            fails(step, &[&format!("flock:error={name}:when=1")], &expected);
        }
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_no_refusal() {
    let codes = [
        ("EMFILE", libc::EMFILE),
        ("ENFILE", libc::ENFILE),
        ("ENOMEM", libc::ENOMEM),
        ("EPERM", libc::EPERM),
        ("ESTALE", libc::ESTALE),
        // It is opened for reading, and found free.
        ("EACCES", libc::EACCES),
        ("EROFS", libc::EROFS),
    ];
    for step in ["try", "wait"] {
        for (name, code) in codes {
            fails(step, &[&format!("openat:error={name}:when=1")], &format!("RALPH_LOCK_IO {code}"));
        }
    }
}

/// Without the root's lock the file alone protects the workspace.
#[test]
fn a_root_that_cannot_be_locked_leaves_the_lock_to_the_file() {
    let flocks = ["ENOLCK", "EIO", "EBADF", "ENOSYS", "EOPNOTSUPP", "EINVAL", "EACCES"];
    let faults = flocks.map(|name| format!("flock:error={name}:when=1+"));
    for step in ["try", "wait", "adopt"] {
        for fault in
            faults.iter().map(String::as_str).chain(["openat:error=EACCES:when=1", "openat:error=EPERM:when=1"])
        {
            let workspace = Workspace::new();
            let traced = workspace.inject_on_root(&[fault], step).wait();
            assert!(traced.log.contains("(INJECTED)"), "{fault}: {}", traced.text());
            traced.has_the_lock(&workspace);
        }
    }
}

#[test]
fn a_root_that_cannot_be_opened_is_no_refusal() {
    let codes = [
        ("EMFILE", libc::EMFILE),
        ("ENFILE", libc::ENFILE),
        ("ENOMEM", libc::ENOMEM),
        ("EIO", libc::EIO),
        ("ESTALE", libc::ESTALE),
    ];
    for step in ["try", "wait"] {
        for (name, code) in codes {
            let workspace = Workspace::new();
            let traced = workspace.inject_on_root(&[&format!("openat:error={name}:when=1")], step).wait();
            let expected = [format!("acquire RALPH_LOCK_IO {code}"), "again RALPH_LOCK_OK".to_owned()];
            assert_eq!(traced.lines(), expected, "{}", traced.text());
            workspace.assert_blank();
        }
    }
}

#[test]
fn a_crash_between_any_two_calls_on_the_root_leaves_a_free_lock() {
    for (call, times) in [("openat", 1), ("flock", 2), ("newfstatat", 3)] {
        for time in 1..=times {
            let workspace = Workspace::new();
            let fault = format!("{call}:signal=SIGKILL:when={time}");
            let traced = workspace.inject_on_root(&[&fault], "try").wait();
            assert!(traced.log.contains("killed by SIGKILL"), "{fault}: {}", traced.text());
            assert!(!LoopLock::is_locked(workspace.root()).unwrap(), "{fault}");
            LoopLock::try_acquire(workspace.root(), "next").unwrap().release().unwrap();
            workspace.assert_blank();
        }
    }
}

#[test]
fn an_interrupted_call_on_the_root_is_repeated() {
    for fault in ["openat:error=EINTR:when=1", "flock:error=EINTR:when=1", "flock:error=EINTR:when=2"] {
        let workspace = Workspace::new();
        let traced = workspace.inject_on_root(&[fault], "try").wait();
        assert!(traced.log.contains("(INJECTED)"), "{fault}: {}", traced.text());
        traced.has_the_lock(&workspace);
    }
}

#[test]
fn a_record_that_cannot_be_written_gives_the_lock_back() {
    for (name, code) in [("ENOSPC", libc::ENOSPC), ("EIO", libc::EIO), ("EDQUOT", libc::EDQUOT)] {
        // The first write blanks the dead holder's record. Truncating the file works too.
        let workspace = Workspace::new();
        let traced = workspace.inject(&[&format!("pwrite64:error={name}:when=1")], "try").wait();
        assert!(traced.log.contains("(INJECTED)"), "{}", traced.text());
        traced.has_the_lock(&workspace);
        fails("try", &[&format!("pwrite64:error={name}:when=2")], &format!("RALPH_LOCK_IO {code}"));
        fails("wait", &[&format!("pwrite64:error={name}:when=2")], &format!("RALPH_LOCK_IO {code}"));
        // An unknown file system counts as shared, so the record is synced.
        let shared = "fstatfs:error=EIO:when=1";
        fails("try", &[shared, &format!("fsync:error={name}:when=1")], &format!("RALPH_LOCK_IO {code}"));
    }
}

/// Injects faults into an acquire of a free lock. The next acquire works, and leaves the file blank.
fn fails(step: &str, faults: &[&str], expected: &str) {
    let workspace = Workspace::new();
    let traced = workspace.inject(faults, step).wait();
    assert_eq!(traced.lines(), [format!("acquire {expected}"), "again RALPH_LOCK_OK".to_owned()], "{faults:?}");
    workspace.assert_blank();
}

#[test]
fn no_failing_call_makes_a_free_lock_look_held() {
    for (name, code) in [("EIO", libc::EIO), ("ENOSPC", libc::ENOSPC), ("EPERM", libc::EPERM)] {
        let failed = format!("acquire RALPH_LOCK_IO {code}");
        for fault in each_call(&format!("error={name}")) {
            let workspace = Workspace::new();
            let traced = workspace.inject(&[&fault], "try").wait();
            let lines = traced.lines();
            assert!(lines[0] == failed || lines[0] == "acquire RALPH_LOCK_OK 0", "{}", traced.text());
            assert_eq!(lines.last(), Some(&"again RALPH_LOCK_OK"), "{}", traced.text());
            workspace.assert_blank();
        }
    }
}

#[test]
fn an_interrupted_call_is_repeated() {
    for fault in each_call("error=EINTR") {
        let workspace = Workspace::new();
        let traced = workspace.inject(&[&fault], "try").wait();
        assert!(traced.log.contains("(INJECTED)"), "{fault}: {}", traced.text());
        traced.has_the_lock(&workspace);
    }
    for (step, fault) in [("read", "openat"), ("read", "pread64"), ("ask", "openat"), ("ask", "flock")] {
        let workspace = Workspace::new();
        let traced = workspace.inject(&[&format!("{fault}:error=EINTR:when=1")], step).wait();
        assert!(traced.log.contains("(INJECTED)"), "{}", traced.text());
        let expected = if step == "read" { "read RALPH_LOCK_OK 0 gone" } else { "free RALPH_LOCK_OK 0" };
        assert_eq!(traced.lines(), [expected], "{}", traced.text());
    }
}

#[test]
fn an_interrupted_wait_ends() {
    fails("wait", &["flock:error=EINTR:when=1"], "RALPH_LOCK_INTERRUPTED 0");
}

#[test]
fn a_crash_between_any_two_calls_leaves_a_free_lock_and_no_mixture() {
    for crash in each_call("signal=SIGKILL") {
        let workspace = Workspace::new();
        workspace.inject(&[&crash], "try").wait();
        // The killed process left the old record, its own, or a blank file.
        match LoopLock::read_existing(workspace.root()).unwrap() {
            Some(left) => assert!(["gone", "traced"].contains(&left.prompt.as_str()), "{crash}: {left:?}"),
            None => workspace.assert_blank(),
        }
        assert!(!LoopLock::is_locked(workspace.root()).unwrap(), "{crash}");
        LoopLock::try_acquire(workspace.root(), "next").unwrap().release().unwrap();
        workspace.assert_blank();
    }
}

/// One injection for each system call on the lock file from open to close, in an acquire and release with a leftover
/// record. The close itself is omitted: an injected call is not executed, which for close proves nothing about this
/// library.
fn each_call(disturbance: &str) -> Vec<String> {
    let traced = Workspace::new().inject(&[], "try").wait();
    let mut calls: Vec<&str> = Vec::new();
    for line in traced.log.lines() {
        let call = line.split_whitespace().nth(1).and_then(|call| call.split('(').next()).unwrap_or_default();
        if call == "close" {
            break;
        }
        calls.push(call);
    }
    assert!(calls.len() > 8, "the calls on the lock file were not seen:\n{}", traced.text());
    let number = |index: usize| calls[..=index].iter().filter(|call| **call == calls[index]).count();
    (0..calls.len()).map(|index| format!("{}:{disturbance}:when={}", calls[index], number(index))).collect()
}
