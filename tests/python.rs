//! A waiter in another event loop: Python's asyncio, by ctypes.

mod common;

use std::process::Command;

use common::{libraries, root, run};

#[test]
fn asyncio_waits_without_a_thread() {
    let version = Command::new("python3").arg("--version").output();
    assert!(version.is_ok_and(|version| version.status.success()), "this test needs python3");
    // A program that hangs is ended.
    run(Command::new("timeout")
        .args(["--kill-after=1", "120", "python3", "-B"])
        .arg(root().join("tests/asyncio_waiter.py"))
        .arg(libraries().join("libralph_lock.so")));
}
