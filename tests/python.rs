//! The library in Python, by ctypes: the waiter in asyncio's event loop, and a lock that a child inherits.

mod common;

use std::process::Command;

use common::{libraries, root, run};

#[test]
fn asyncio_waits_without_a_thread() {
    run_script("asyncio_waiter.py");
}

#[test]
fn subprocess_hands_the_lock_to_a_child() {
    run_script("handover.py");
}

fn run_script(name: &str) {
    let version = Command::new("python3").arg("--version").output();
    assert!(version.is_ok_and(|version| version.status.success()), "this test needs python3");
    // One that hangs is ended.
    run(Command::new("timeout")
        .args(["--kill-after=1", "120", "python3", "-B"])
        .arg(root().join("tests").join(name))
        .arg(libraries().join("libralph_lock.so")));
}
