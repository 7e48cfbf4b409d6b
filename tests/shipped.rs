//! The shipped shared library: its soname, its exports, its size.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{libraries, root, run, small};

fn shared_library() -> PathBuf {
    libraries().join("libralph_lock.so")
}

#[test]
fn the_library_exports_the_listed_names_and_nothing_else() {
    let listed = std::fs::read_to_string(root().join("abi/symbols.txt")).expect("the list can be read");
    let printed = run(Command::new("nm").args(["--dynamic", "--defined-only", "--format=posix"]).arg(shared_library()));
    let mut exported: Vec<&str> = printed.lines().filter_map(|line| line.split(' ').next()).collect();
    exported.sort();
    assert_eq!(exported, listed.lines().collect::<Vec<_>>());
}

#[test]
fn the_library_has_a_soname_and_stays_loaded() {
    let dynamic = run(Command::new("readelf").args(["--dynamic", "--wide"]).arg(shared_library()));
    assert!(dynamic.contains("Library soname: [libralph_lock.so.0]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}

#[test]
fn the_library_is_stripped_and_small() {
    let size = std::fs::metadata(shared_library()).expect("it is there").len();
    // Most of the difference is std's backtrace code.
    let limit = if small() { 330_000 } else { 560_000 };
    assert!(size <= limit, "{size} bytes, and at most {limit} are allowed");
    let sections = run(Command::new("readelf").args(["--sections", "--wide"]).arg(shared_library()));
    assert!(!sections.contains(".symtab") && !sections.contains(".debug_info"), "{sections}");
}

/// The compiler cannot check this: it counts `no_mangle` as unsafe.
#[test]
fn unsafe_code_stands_in_two_places() {
    for file in rust_files(&root().join("src")) {
        let name = file.strip_prefix(root()).expect("it is in the repository").to_string_lossy().into_owned();
        if name.starts_with("src/sys/") || name == "src/ffi/call.rs" {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("it can be read");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let found: Vec<&str> = code.filter(|line| line.contains("unsafe {") || line.contains("unsafe fn")).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("it can be read").map(|entry| entry.expect("it can be read").path());
    entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] }).collect()
}
