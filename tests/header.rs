//! include/ralph_lock.h is made from the sources, and compiles as every C and C++ standard it supports.

mod common;
#[path = "generate/header.rs"]
mod header;

use std::process::Command;

use common::{STRICT, root};

const C: [&str; 4] = ["c99", "c11", "c17", "c2x"];
const CPP: [&str; 4] = ["c++11", "c++14", "c++17", "c++20"];

#[test]
fn the_header_is_the_one_that_the_sources_make() {
    let (path, made) = (root().join(header::PATH), header::generate(root()));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).expect("the header can be written");
    }
    let checked_in = std::fs::read_to_string(&path).expect("the header can be read");
    assert!(made == checked_in, "{} is out of date: run `make header`", header::PATH);
}

#[test]
fn the_header_names_the_lock_file_that_the_library_uses() {
    let text = std::fs::read_to_string(root().join(header::PATH)).expect("the header can be read");
    let file = ralph_lock::LoopLock::LOCK_FILE;
    assert!(text.contains(&format!("#define RALPH_LOCK_FILE \"{file}\"\n")));
}

#[test]
fn the_header_compiles_alone_and_twice_everywhere() {
    for text in ["#include <ralph_lock.h>\n", "#include <ralph_lock.h>\n#include <ralph_lock.h>\n"] {
        for compiler in ["gcc", "clang"] {
            for standard in C {
                compile(compiler, "c", standard, text).expect("it compiles");
            }
        }
        for compiler in ["g++", "clang++"] {
            for standard in CPP {
                compile(compiler, "c++", standard, text).expect("it compiles");
            }
        }
    }
}

#[test]
fn a_switch_that_forgets_a_status_is_warned_of() {
    let text = |last: &str| {
        // The other enumerations have longer names.
        let names = header_words("RALPH_LOCK_", " = ");
        let others = ["RALPH_LOCK_STATE_", "RALPH_LOCK_FILESYSTEM_", "RALPH_LOCK_LIVENESS_", "RALPH_LOCK_RELATION_"];
        let names: Vec<_> =
            names.into_iter().filter(|name| !others.iter().any(|other| name.starts_with(other))).collect();
        let cases: String = names.iter().filter(|name| *name != last).map(|name| format!("case {name}: ")).collect();
        format!(
            "#include <ralph_lock.h>\nint f(ralph_lock_status s) {{ switch (s) {{ {cases} return 1; }} return 0; }}\n"
        )
    };
    for compiler in ["gcc", "clang"] {
        compile(compiler, "c", "c99", &text("none")).expect("with all statuses it compiles");
        let warning = compile(compiler, "c", "c99", &text("RALPH_LOCK_LOST")).expect_err("one is missing");
        assert!(warning.contains("RALPH_LOCK_LOST"), "{warning}");
    }
}

#[test]
fn the_header_declares_what_the_library_exports() {
    let exported = std::fs::read_to_string(root().join("abi/symbols.txt")).expect("the list can be read");
    // Without a prefix, because the header must not declare a function of another library.
    let mut declared = header_words("", "(");
    declared.sort();
    declared.dedup();
    let exported: Vec<&str> = exported.lines().collect();
    assert_eq!(declared, exported, "the header's functions against abi/symbols.txt");
}

/// The words of the header's code, comments excluded, with that prefix and followed by that text.
fn header_words(prefix: &str, followed_by: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(header::PATH)).expect("the header can be read");
    let code = text.lines().filter(|line| !line.trim_start().starts_with(['*', '/', '#']));
    let found = code.filter_map(|line| {
        let rest = &line[line.find(prefix)?..];
        // In `ralph_lock_status ralph_lock_release(...)` the name is the last word.
        let word = rest[..rest.find(followed_by)?].rsplit([' ', '*']).next()?;
        let is_name = word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        (is_name && !word.is_empty() && word.starts_with(prefix)).then(|| word.to_owned())
    });
    found.collect()
}

/// Compiles a text with all warnings as errors; returns the compiler's messages on failure.
fn compile(compiler: &str, language: &str, standard: &str, text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room");
    let source = folder.path().join("text");
    std::fs::write(&source, text).expect("there is room");
    // g++ knows no -Wstrict-prototypes: in C++ every prototype is one.
    let warnings = STRICT.into_iter().filter(|warning| language == "c" || *warning != "-Wstrict-prototypes");
    let output = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(warnings)
        .args(["-fsyntax-only", "-x", language])
        .arg("-I")
        .arg(root().join("include"))
        .arg(&source)
        .output()
        .unwrap_or_else(|error| panic!("{compiler} cannot be run ({error}); it is needed for this test"));
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
