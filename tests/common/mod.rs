//! Shared by the test programs: the shipped libraries, and running other programs.

// Each test program uses only some of this.
#![allow(dead_code)]

mod signals;
#[cfg(target_os = "linux")]
pub mod traced;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether to test the library as packages build it (`make lib SMALL=1`).
pub fn small() -> bool {
    std::env::var_os("SMALL").is_some_and(|value| !value.is_empty())
}

/// The directory with the shipped builds of `libralph_lock.so` and `libralph_lock.a`.
pub fn libraries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // The target directory of this test's build.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp is in it");
        let place = format!("TARGET={}", target.display());
        run(Command::new("make").args(["--silent", "lib", &place]).current_dir(root()));
        target.join(if small() { "small" } else { "lib" })
    })
}

/// The command-line tool, built by `make tool`; its path has no spaces, so scripts need not quote it.
pub fn tool() -> &'static Path {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    TOOL.get_or_init(|| {
        let target = libraries().parent().expect("it is in a folder");
        let place = format!("TARGET={}", target.display());
        run(Command::new("make").args(["--silent", "tool", &place]).current_dir(root()));
        let tool = target.join("bin/ralph-lock");
        if !tool.to_string_lossy().contains(' ') {
            return tool;
        }
        let folder = std::env::temp_dir().join(format!("ralph-lock-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("there is room");
        let link = folder.join("ralph-lock");
        std::os::unix::fs::symlink(&tool, &link).expect("there is room");
        link
    })
}

/// The two ways to link the library.
pub const LINKAGES: [&str; 2] = ["so", "a"];

/// The compiler's arguments to link the library in that way.
pub fn link(linkage: &str) -> Vec<String> {
    let folder = libraries().display();
    match linkage {
        "so" => vec![format!("-L{folder}"), format!("-Wl,-rpath,{folder}"), "-lralph_lock".to_owned()],
        _ => [&format!("{folder}/libralph_lock.a"), "-lpthread", "-ldl", "-lm"].map(str::to_owned).to_vec(),
    }
}

/// The programs of all topic directories of c-tests/.
pub fn c_tests() -> Vec<PathBuf> {
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.expect("it can be read").path()).collect::<Vec<_>>()
    };
    let topics = entries(&root().join("c-tests")).into_iter().filter(|path| path.is_dir());
    let mut programs: Vec<_> =
        topics.flat_map(|topic| entries(&topic)).filter(|path| path.extension().is_some_and(|it| it == "c")).collect();
    programs.sort();
    programs
}

/// Compiles a C program strictly and links it in that way.
pub fn compile(source: &Path, linkage: &str, program: &Path) {
    run(cc()
        .args(["-std=c99", "-g", "-pthread"])
        .args(STRICT)
        .args([Path::new("-I"), &root().join("include"), Path::new("-I"), &root().join("c-tests")])
        .arg(source)
        .args(link(linkage))
        .arg("-o")
        .arg(program));
}

/// Warnings that a user may turn on, as errors.
pub const STRICT: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Wconversion", "-Werror"];

/// The C compiler that a build script would use here.
fn cc() -> Command {
    let target = env!("RALPH_LOCK_TARGET");
    cc::Build::new().host(target).target(target).opt_level(0).cargo_metadata(false).get_compiler().to_command()
}

/// Runs a command that must succeed, and returns its standard output.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?} ended with {status}\n{stdout}{stderr}");
    stdout.into_owned()
}
