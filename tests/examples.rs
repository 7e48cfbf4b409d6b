//! Builds the C examples with strict warnings, and runs them and the demo; compares what examples in other languages
//! declare with the header. (`make examples` runs those.)

mod common;

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{LINKAGES, compile, libraries, root};

/// An empty folder for one test.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made")
}

/// Compiles an example and returns the program.
fn build(name: &str, folder: &Path, linkage: &str) -> PathBuf {
    let program = folder.join(name);
    compile(&root().join("examples/c").join(name).with_extension("c"), linkage, &program);
    program
}

#[test]
fn minimal_takes_the_lock_and_loop_refuses_it_to_others() {
    for linkage in LINKAGES {
        let folder = folder();
        let [minimal, worker] = ["minimal", "loop"].map(|name| build(name, folder.path(), linkage));
        let minimal = || Command::new(&minimal).arg("look around").current_dir(&folder).output().expect("minimal runs");
        let worker = |prompt: &str| {
            let mut command = Command::new(&worker);
            command.arg(folder.path()).arg(prompt).stdin(Stdio::piped()).stdout(Stdio::piped());
            command
        };

        assert_eq!(ended(&minimal()), (Some(0), "we hold ./.ralph/loop.lock and can work\n"), "{linkage}");

        let mut first = worker("implement auth").spawn().expect("loop runs");
        let mut line = String::new();
        BufReader::new(first.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says so");
        assert_eq!(line, format!("holds {}/.ralph/loop.lock\n", folder.path().display()), "{linkage}");

        let refused = minimal();
        let (status, text) = ended(&refused);
        assert_eq!(status, Some(1), "{linkage}: {text}");
        assert!(text.starts_with(&format!("taken by process {} since 2", first.id())), "{linkage}: {text}");
        assert!(text.ends_with("Z: implement auth\n"), "{linkage}: {text}");

        let refused = worker("fix the tests").output().expect("loop runs");
        let (status, text) = ended(&refused);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(status, Some(3), "{linkage}: {text}");
        assert_eq!([lines[0], lines[2]], [&format!("held by  process {}", first.id()), "prompt   implement auth"]);

        drop(first.stdin.take()); // which ends its work
        assert!(first.wait().expect("it ends").success(), "{linkage}");
        assert_eq!(ended(&minimal()).0, Some(0), "{linkage}");
    }
}

#[test]
fn nested_continues_inside_its_own_loop_only() {
    for linkage in LINKAGES {
        let folder = folder();
        let [nested, worker] = ["nested", "loop"].map(|name| build(name, folder.path(), linkage));
        let nested = |role: &str| {
            let mut command = Command::new(&nested);
            command.arg(role).current_dir(&folder).stdout(Stdio::piped());
            command
        };

        let outer = nested("outer").spawn().expect("nested runs");
        let holder = outer.id();
        let within =
            format!("outer: I run the loop\ninner: process {holder} above me runs the loop: I continue inside it\n");
        let output = outer.wait_with_output().expect("it ends");
        assert_eq!(ended(&output), (Some(0), within.as_str()), "{linkage}");
        assert_eq!(ended(&nested("inner").output().expect("nested runs")), (Some(0), "inner: I run the loop\n"));

        let mut stranger = Command::new(&worker);
        stranger.arg(folder.path()).arg("implement auth").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut stranger = stranger.spawn().expect("loop runs");
        let mut line = String::new();
        BufReader::new(stranger.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says so");
        for role in ["outer", "inner"] {
            let output = nested(role).output().expect("nested runs");
            let (status, text) = ended(&output);
            assert_eq!(status, Some(1), "{linkage}: {text}");
            assert!(text.starts_with(&format!("{role}: not my loop, ")), "{linkage}: {text}");
        }
        drop(stranger.stdin.take()); // which ends its work
        assert!(stranger.wait().expect("it ends").success(), "{linkage}");
    }
}

#[test]
fn examples_report_errors() {
    let folder = folder();
    let worker = build("loop", folder.path(), "so");
    let Output { status, stderr, .. } = Command::new(&worker).args(["missing", "work"]).output().expect("loop runs");
    let text = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(1));
    assert!(text.starts_with("loop: ") && text.contains("missing"), "{text}");
    assert_eq!(Command::new(&worker).stderr(Stdio::null()).status().expect("loop runs").code(), Some(2));
}

/// A finished process's exit status and what it printed.
fn ended(output: &Output) -> (Option<i32>, &str) {
    (output.status.code(), std::str::from_utf8(&output.stdout).expect("it prints UTF-8"))
}

#[test]
fn demo_tells_its_story_and_leaves_nothing_behind() {
    let folder = folder();
    let output = demo("cc", folder.path());
    let (status, text) = ended(&output);
    assert_eq!(status, Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains('\x1b'), "{text}");

    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let find = |start: &str| *lines.iter().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
    let (_, holder) = find("A starts").rsplit_once("process ").expect("it names the process");
    let holder = holder.trim_end_matches('.');
    assert!(find("B starts  ").contains("is refused"), "{text}");
    assert!(find("held by").ends_with(&format!("process {holder}")), "{text}");
    assert!(find("prompt").ends_with("implement auth"), "{text}");
    find(&format!("kill -9 {holder} "));
    assert!(find("B starts again").contains("gets the lock"), "{text}");
    assert_left_behind_nothing(folder.path());
}

#[test]
fn demo_that_fails_or_is_ended_leaves_nothing_behind() {
    // Stand-ins for the compiler: one that fails, and one that ends the demo.
    for (compiler, expected) in [("false", 1), ("kill -TERM $PPID", 143)] {
        let folder = folder();
        // Not in the folder, whose path may contain spaces: the demo splits the compiler's words.
        let script = tempfile::NamedTempFile::new().expect("there is room");
        std::fs::write(&script, compiler).expect("it can be written");
        let output = demo(&format!("sh {}", script.path().display()), folder.path());
        assert_eq!(output.status.code(), Some(expected), "{compiler}");
        assert_left_behind_nothing(folder.path());
    }
}

/// Runs the demo with its temporary files in `folder`.
fn demo(compiler: &str, folder: &Path) -> Output {
    Command::new("timeout")
        .args(["60", "sh", "examples/demo.sh", compiler])
        .arg(libraries())
        .current_dir(root())
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .output()
        .expect("the demo runs")
}

/// Checks that no file in the demo's folder and no process started from it is left.
fn assert_left_behind_nothing(folder: &Path) {
    let files: Vec<_> =
        read_dir(folder).expect("it can be read").map(|entry| entry.expect("it is there").path()).collect();
    assert!(files.is_empty(), "{files:?}");
    let folder = folder.to_str().expect("it is UTF-8");
    let processes = read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path().join("cmdline"));
    let commands: Vec<_> = processes.filter_map(|path| read_to_string(path).ok()).collect();
    assert!(!commands.iter().any(|command| command.contains(folder)), "{commands:?}");
}

#[test]
fn examples_declare_what_the_header_declares() {
    // The languages that declare the library's functions themselves, and how each writes a declaration.
    let languages: [(&str, Language); 5] = [
        ("ruby/minimal.rb", in_c),
        ("luajit/minimal.lua", in_c),
        ("php/minimal.php", in_c),
        ("perl/minimal.pl", in_perl),
        ("java/Minimal.java", in_java),
    ];
    let header = read_to_string(root().join("include/ralph_lock.h")).expect("it can be read");
    let code: Vec<_> = header.lines().filter(|line| !line.trim_start().starts_with(['*', '/', '#'])).collect();
    let header = one_spaced(&code.join(" "));
    assert!(header.contains("RALPH_LOCK_OK = 0,"));
    let functions = functions(&header);
    for (name, declaration) in languages {
        let source = one_spaced(&read_to_string(root().join("examples").join(name)).expect("it can be read"));
        let ok = if name.ends_with(".pl") { "RALPH_LOCK_OK => 0" } else { "RALPH_LOCK_OK = 0" };
        assert!(source.contains(ok), "{name} lacks: {ok}");
        for word in words(&source).filter(|word| word.starts_with("ralph_lock_")) {
            match functions.get(word).map(declaration) {
                Some(declaration) => assert!(source.contains(&declaration), "{name} lacks: {declaration}"),
                None => assert!(words(&header).any(|known| known == word), "{name}: the header has no {word}"),
            }
        }
    }
}

#[test]
fn examples_are_small() {
    for language in read_dir(root().join("examples")).expect("it can be read").flatten() {
        for example in read_dir(language.path()).into_iter().flatten().flatten() {
            let lines = read_to_string(example.path()).expect("it can be read").lines().count();
            assert!(lines < 60, "{}: {lines} lines", example.path().display());
        }
    }
}

/// Writes a function's declaration.
type Language = fn(&Function) -> String;

/// A function of the header: its declaration, and the types and names in it.
struct Function {
    declared: String,
    name: String,
    result: String,
    parameters: Vec<(String, String)>,
}

/// The header's functions by their names.
fn functions(header: &str) -> BTreeMap<String, Function> {
    let functions = header.split(';').filter_map(|statement| {
        let declared = statement.trim().trim_start_matches("RALPH_LOCK_MUST_USE ");
        let (start, parameters) = declared.strip_suffix(')')?.split_once('(')?;
        let (result, name) = type_and_name(start);
        let parameters = parameters.split(", ").map(type_and_name).collect();
        Some((name.clone(), Function { declared: declared.to_owned(), name, result, parameters }))
    });
    functions.collect()
}

/// "const char *prompt" in its two parts.
fn type_and_name(declared: &str) -> (String, String) {
    let (of_type, name) = declared.split_at(declared.rfind([' ', '*']).map_or(0, |last| last + 1));
    (of_type.trim().to_owned(), name.to_owned())
}

fn in_c(function: &Function) -> String {
    format!("{};", function.declared)
}

fn in_perl(Function { name, result, parameters, .. }: &Function) -> String {
    let translated = |of_type: &str| match of_type.trim_start_matches("const ") {
        "ralph_lock_status" => "sint32".to_owned(),
        "uint32_t" => "uint32".to_owned(),
        "char *" => "string".to_owned(),
        other => other.replace("ralph_lock_", "").replacen(" *", "", 1),
    };
    let parameters: Vec<_> = parameters.iter().map(|(of_type, _)| translated(of_type)).collect();
    format!("$ffi->attach({name} => [qw({})] => '{}');", parameters.join(" "), translated(result))
}

fn in_java(Function { name, result, parameters, .. }: &Function) -> String {
    let translated = |of_type: &str| match of_type.trim_start_matches("const ") {
        "ralph_lock_status" | "uint32_t" => "int",
        "void" => "void",
        "char *" => "String",
        other if other.ends_with(" **") => "PointerByReference",
        other if other.ends_with(" *") => "Pointer",
        other => panic!("examples/java has no {other} yet"),
    };
    let parameters: Vec<_> =
        parameters.iter().map(|(of_type, name)| format!("{} {name}", translated(of_type))).collect();
    format!("{} {name}({});", translated(result), parameters.join(", "))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
