//! The library in Go, by cgo: a lock that a child inherits through os/exec.

mod common;

use std::path::Path;
use std::process::Command;

use common::{libraries, root, run};

#[test]
fn extra_files_hand_the_lock_to_a_child() {
    let version = Command::new("go").arg("version").output();
    assert!(version.is_ok_and(|version| version.status.success()), "this test needs go");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
    let program = folder.path().join("handover");
    let libraries = libraries().display();
    // What Go compiles of its own is kept for the next time; nothing of the user's settings counts.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    run(Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(root().join("tests/handover.go"))
        .env("CGO_ENABLED", "1")
        .env("CGO_CFLAGS", format!("-I{}", root().join("include").display()))
        .env("CGO_LDFLAGS", format!("-L{libraries} -Wl,-rpath,{libraries}"))
        .env("GOCACHE", kept.join("cache"))
        .env("GOPATH", kept.join("path"))
        .envs([("GO111MODULE", "off"), ("GOENV", "off"), ("GOFLAGS", ""), ("GOTOOLCHAIN", "local")]));
    // One that hangs is ended.
    run(Command::new("timeout").args(["--kill-after=1", "120"]).arg(&program).arg(folder.path()));
}
