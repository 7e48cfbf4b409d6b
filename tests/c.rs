//! Runs every program in c-tests/, compiled strictly, once with the shared and once with the static
//! library. A program passes with exit status 0; with 77 it is skipped, and prints why it cannot run here.

mod common;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{LINKAGES, c_tests, compile, libraries};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for program in c_tests() {
        for linkage in LINKAGES {
            let (source, name) = (program.clone(), program.file_stem().expect("it has a name"));
            let name = name.to_string_lossy().into_owned();
            trials.push(Trial::ignorable_test(format!("{name}.{linkage}"), move || test(&source, &name, linkage)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn test(source: &Path, name: &str, linkage: &str) -> Result<Completion, Failed> {
    let folder = tempfile::Builder::new().prefix(name).tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let program = folder.path().join(name);
    compile(source, linkage, &program);
    // A program that hangs is ended with all its children.
    let Output { status, stdout, stderr } = Command::new("timeout")
        .args(["--kill-after=1", "120"])
        .arg(&program)
        .current_dir(&folder)
        .env("RALPH_LOCK_TEST_LIBRARIES", libraries())
        .stdin(Stdio::null())
        .output()?;
    // Unreadable directories would stay behind.
    drop(Command::new("chmod").args(["-R", "u+rwx"]).arg(folder.path()).status());
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    match status.code() {
        Some(0) => Ok(Completion::Completed),
        Some(77) => Ok(Completion::ignored_with(text.trim())),
        _ => Err(format!("{status}\n{text}").into()),
    }
}
