//! include/ralph_lock.hpp compiles as every C++ standard it supports, and wraps everything in the C header. The
//! programs in c-tests/cpp/ test its behaviour; each is compiled in every way in [`WAYS`].

mod common;

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};

use common::{libraries, link, root, run};
use ralph_lock::LoopLock;

/// A way to compile the programs.
struct Way {
    name: &'static str,
    compiler: &'static str,
    flags: &'static [&'static str],
    linkage: &'static str,
}

const WAYS: [Way; 2] = [
    // The slowest to compile comes first.
    Way {
        name: "sanitized",
        compiler: "g++",
        flags: &["-std=c++17", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
        linkage: "so",
    },
    Way { name: "frugal", compiler: "clang++", flags: &["-std=c++2b", "-fno-exceptions", "-fno-rtti"], linkage: "a" },
];

/// Warnings that a user may turn on, as errors.
const STRICT: [&str; 8] =
    ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wold-style-cast", "-Weffc++", "-Werror"];

#[test]
fn cpp_guards_move_and_end_once() {
    run_everywhere("guards");
}

#[test]
fn cpp_errors_name_holder_and_cause_in_full() {
    run_everywhere("holders");
}

#[test]
fn cpp_results_throw_what_is_missing_or_abort() {
    run_everywhere("results");
}

#[test]
fn cpp_waits_end_in_time_by_token_and_by_signal() {
    run_everywhere("waits");
}

#[test]
fn cpp_workspaces_are_mutexes() {
    run_everywhere("workspaces");
}

/// Runs a part of c-tests/cpp/ in every way.
fn run_everywhere(part: &str) {
    // The sanitizers of gcc 12 do not support the address layout of newer kernels; a user may not be permitted to
    // change it.
    let mut still = Command::new("setarch");
    let still = still.args(["--addr-no-randomize", "true"]).stderr(Stdio::null()).status();
    let prefix: &[&str] =
        if still.is_ok_and(|still| still.success()) { &["setarch", "--addr-no-randomize"] } else { &[] };
    for (way, program) in WAYS.iter().zip(programs()) {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
        let Output { status, stdout, stderr } = Command::new("timeout")
            .args(["--kill-after=1", "120"])
            .args(prefix)
            .arg(program)
            .arg(part)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(status.success(), "{part}, {}: {status}\n{text}", way.name);
        // A sanitizer's report in a child process counts too.
        assert!(!text.contains("Sanitizer") && !text.contains("runtime error"), "{part}, {}: {text}", way.name);
    }
}

/// The program for each way: all files of c-tests/cpp/ linked into one, which works only if the header may be included
/// in several files.
fn programs() -> &'static [PathBuf] {
    static PROGRAMS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cpp");
        let sources = sources();
        let mut jobs = Vec::new();
        for way in &WAYS {
            std::fs::create_dir_all(folder.join(way.name)).expect("there is room");
            jobs.extend(sources.iter().map(|source| (way, source, object(&folder, way, source))));
        }
        libraries();
        let jobs = Mutex::new(jobs.into_iter());
        let next = || jobs.lock().ok()?.next();
        let work = || {
            while let Some((way, source, object)) = next() {
                let mut compiler = compiler(way.compiler);
                run(compiler.args(way.flags).args(["-pthread", "-c"]).arg(source).arg("-o").arg(object));
            }
        };
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        let program = |way: &Way| {
            let program = folder.join(way.name).join("program");
            let objects = sources.iter().map(|source| object(&folder, way, source));
            let mut linker = Command::new(way.compiler);
            run(linker.args(way.flags).arg("-pthread").args(objects).args(link(way.linkage)).arg("-o").arg(&program));
            program
        };
        WAYS.iter().map(program).collect()
    })
}

fn sources() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("c-tests/cpp")).expect("it can be read");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "cpp")).collect()
}

fn object(folder: &Path, way: &Way, source: &Path) -> PathBuf {
    folder.join(way.name).join(source.file_name().expect("it has a name")).with_extension("o")
}

/// A strict compiler that finds the headers.
fn compiler(name: &str) -> Command {
    let mut compiler = Command::new(name);
    compiler.args(STRICT).arg("-I").arg(root().join("include"));
    compiler
}

#[test]
fn cpp_header_compiles_alone_and_twice_everywhere() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
    let twice = folder.path().join("twice.cpp");
    std::fs::write(&twice, "#include <ralph_lock.hpp>\n#include <ralph_lock.hpp>\n").expect("there is room");
    for name in ["g++", "clang++"] {
        for flags in [&["-std=c++17"][..], &["-std=c++20"], &["-std=c++2b"], WAYS[1].flags] {
            run(compiler(name).args(flags).arg("-fsyntax-only").arg(&twice));
        }
    }
}

#[test]
fn cpp_header_says_once_that_it_needs_cpp17() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
    let source = folder.path().join("old.cpp");
    std::fs::write(&source, "#include <ralph_lock.hpp>\n").expect("there is room");
    for name in ["g++", "clang++"] {
        let output = compiler(name).args(["-std=c++14", "-fsyntax-only"]).arg(&source).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains("needs C++17") && text.matches("error:").count() == 1, "{name}: {text}");
    }
}

/// Windows headers and old C programs define them.
#[test]
fn cpp_header_does_not_mind_macros_named_min_and_max() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
    let source = folder.path().join("macros.cpp");
    let includes: String = read_to_string(root().join("include/ralph_lock.hpp"))
        .expect("it can be read")
        .split_inclusive('\n')
        .filter(|line| line.starts_with("#include <") && !line.contains("ralph_lock"))
        .collect();
    let text = format!("{includes}#define min(a, b) x\n#define max(a, b) x\n#include <ralph_lock.hpp>\n");
    std::fs::write(&source, text).expect("there is room");
    for name in ["g++", "clang++"] {
        run(compiler(name).args(["-std=c++17", "-fsyntax-only"]).arg(&source));
    }
}

/// The shared objects hide their symbols and are loaded separately.
#[test]
fn cpp_error_category_is_one_across_shared_objects() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("there is room");
    write(
        "part.cpp",
        "#include <ralph_lock.hpp>\nextern \"C\" [[gnu::visibility(\"default\")]] const void *category_of_part();\n\
         const void *category_of_part() { return &ralph_lock::category(); }\n",
    );
    write(
        "program.cpp",
        "#include <dlfcn.h>\nstatic const void *of(const char *path) {\n\
         void *part = dlopen(path, RTLD_NOW | RTLD_LOCAL);\n\
         const auto find = part == nullptr ? nullptr : dlsym(part, \"category_of_part\");\n\
         return find == nullptr ? nullptr : reinterpret_cast<const void *(*)()>(find)(); }\n\
         int main(int, char **parts) {\n\
         return of(parts[1]) != nullptr && of(parts[1]) == of(parts[2]) ? 0 : 1; }\n",
    );
    let flags = ["-std=c++17", "-fvisibility=hidden", "-fvisibility-inlines-hidden"];
    for part in ["one.so", "two.so"] {
        let mut compiler = compiler("g++");
        compiler.args(flags).args(["-fPIC", "-shared"]).arg(path("part.cpp"));
        run(compiler.args(link("so")).arg("-o").arg(path(part)));
    }
    run(compiler("g++").arg(path("program.cpp")).args(["-ldl", "-o"]).arg(path("program")));
    run(Command::new(path("program")).args([path("one.so"), path("two.so")]));
}

#[test]
fn cpp_header_defines_one_macro() {
    let text = read_to_string(root().join("include/ralph_lock.hpp")).expect("it can be read");
    let includes: String = text.split_inclusive('\n').filter(|line| line.starts_with("#include ")).collect();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
    let macros = |text: &str| -> BTreeSet<String> {
        let source = folder.path().join("macros.cpp");
        std::fs::write(&source, text).expect("there is room");
        let listed = run(compiler("g++").args(["-std=c++17", "-dM", "-E"]).arg(source));
        listed.lines().map(str::to_owned).collect()
    };
    let (with, without) = (macros("#include <ralph_lock.hpp>\n"), macros(&includes));
    assert!(without.len() > 100, "{without:?}");
    assert_eq!(with.difference(&without).collect::<Vec<_>>(), ["#define RALPH_LOCK_HPP "]);
}

#[test]
fn cpp_header_has_all_that_the_c_header_has() {
    let [c, cpp] = ["ralph_lock.h", "ralph_lock.hpp"]
        .map(|name| read_to_string(root().join("include").join(name)).expect("it can be read"));
    let words = |text: &str| -> BTreeSet<String> {
        let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        text.split(|letter| !is_of_word(letter)).map(str::to_owned).collect()
    };
    let cpp = words(&cpp);
    // Lines like "    RALPH_LOCK_IO = 102,".
    let values = c.lines().filter_map(|line| line.strip_prefix("    RALPH_LOCK_")?.split(" = ").next());
    let values: Vec<_> = values.filter(|name| !name.contains(' ')).map(|name| format!("RALPH_LOCK_{name}")).collect();
    assert!(values.len() > 30, "{values:?}");
    let missing: Vec<_> = values.iter().filter(|name| !cpp.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");

    let functions = read_to_string(root().join("abi/symbols.txt")).expect("it can be read");
    let missing: Vec<_> = functions.lines().filter(|name| !cpp.contains(*name)).collect();
    // All have a form with options, an error has its status, and the version is used as in C.
    let others =
        ["acquire_blocking", "error_status", "find_keepers", "inspect", "signal_holder", "try_acquire", "version"];
    assert_eq!(missing, others.map(|name| format!("ralph_lock_{name}")));
}

#[test]
fn cpp_example_prints_what_the_c_example_prints() {
    let example = root().join("examples/cpp/minimal.cpp");
    assert!(read_to_string(&example).expect("it can be read").lines().count() < 60);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
    let program = folder.path().join("minimal");
    // Optimizing compilers warn about more.
    run(compiler("g++").args(["-std=c++20", "-O2"]).arg(example).args(link("so")).arg("-o").arg(&program));
    let workspace = folder.path().join("workspace");
    std::fs::create_dir(&workspace).expect("there is room");
    let minimal = || {
        let output = Command::new(&program).arg("look around").current_dir(&workspace).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("it prints UTF-8"))
    };

    assert_eq!(minimal(), (Some(0), "we hold ./.ralph/loop.lock and can work\n".to_owned()));
    let guard = LoopLock::try_acquire(&workspace, "implement auth").expect("it is free");
    let (status, text) = minimal();
    assert_eq!(status, Some(1));
    assert!(text.starts_with(&format!("taken by process {} since 2", std::process::id())), "{text}");
    assert!(text.ends_with("Z: implement auth\n"), "{text}");
    drop(guard);
    std::fs::remove_dir_all(workspace.join(".ralph")).expect("it is there");
    std::fs::write(workspace.join(".ralph"), "no folder").expect("there is room");
    let (status, text) = minimal();
    assert_eq!(status, Some(1));
    assert!(text.starts_with("not locked: ") && text.contains(".ralph"), "{text}");
}
