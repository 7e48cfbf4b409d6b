//! The tool and its files as other programs judge them: shells, mandoc and valgrind. A test is skipped where its program
//! is not installed.

mod common;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use common::{root, run};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() {
    let trials = vec![
        with("bash", "completions_are_well_formed_in_bash", || parses("bash", "ralph-lock.bash")),
        with("zsh", "completions_are_well_formed_in_zsh", || parses("zsh", "_ralph-lock")),
        with("fish", "completions_are_well_formed_in_fish", || parses("fish", "ralph-lock.fish")),
        with("bash", "bash_completes_commands_options_signals_and_folders", completes),
        with("mandoc", "the_tools_manual_is_well_formed", manual),
        with("valgrind", "the_tool_leaks_nothing", leaks),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A test that needs a program.
fn with(program: &'static str, name: &str, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || {
        if Command::new(program).arg("--version").output().is_err() {
            return Ok(Completion::ignored_with(format!("{program} is not installed")));
        }
        test().map(|()| Completion::Completed)
    })
}

fn completions() -> PathBuf {
    root().join("tools/completions")
}

fn parses(shell: &str, file: &str) -> Result<(), Failed> {
    run(Command::new(shell).arg("-n").arg(completions().join(file)));
    Ok(())
}

fn completes() -> Result<(), Failed> {
    let script = ". \"$0\"; COMP_WORDS=(ralph-lock \"$@\"); COMP_CWORD=$#; _ralph_lock; echo \"${COMPREPLY[*]}\"";
    for (words, expected) in [
        (&["st"][..], "status\n"),
        (&["run", "--w"], "--wait\n"),
        (&["signal", "-s", "TE"], "TERM\n"),
        (&["run", "--", "--w"], "\n"),
        (&["status", "comp"], "completions\n"),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", script]).arg(completions().join("ralph-lock.bash")).args(words);
        assert_eq!(run(bash.current_dir(root().join("tools"))), expected, "{words:?}");
    }
    Ok(())
}

fn manual() -> Result<(), Failed> {
    let output = Command::new("mandoc").args(["-T", "lint"]).arg(root().join("tools/ralph-lock.1")).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    // Which other manuals are installed does not matter.
    let wrong: Vec<_> =
        text.lines().filter(|line| !line.contains("mandoc.db") && !line.contains("referenced manual")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    Ok(())
}

fn leaks() -> Result<(), Failed> {
    let workspace = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    std::fs::create_dir(workspace.path().join("other"))?;
    let mut holder = Command::new(common::tool());
    holder.args(["run", "--", "sh", "-c", "echo on; cat >/dev/null"]).current_dir(&workspace);
    let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(holder.stdout.take().expect("it is piped")).read_line(&mut line)?;
    assert_eq!(line, "on\n");
    for (arguments, expected) in [
        (&["run", "other", "--", "true"][..], 0),
        (&["run", "--wait=0.01", "--", "true"], 75),
        (&["status", "--json"], 1),
        (&["wait", "--timeout=0.01"], 75),
    ] {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible"]);
        valgrind.args(["--errors-for-leak-kinds=definite,indirect,possible", "--error-exitcode=99"]);
        let output = valgrind.arg(common::tool()).args(arguments).current_dir(&workspace).output()?;
        assert_eq!(output.status.code(), Some(expected), "ralph-lock {arguments:?}: {output:?}");
    }
    drop(holder.stdin.take());
    assert!(holder.wait()?.success());
    Ok(())
}
