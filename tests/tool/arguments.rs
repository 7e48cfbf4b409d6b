//! Arguments, help, manual and completions.

use std::ffi::OsString;
use std::fs::read_to_string;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Command;

use crate::common::{STRICT, root, run};
use crate::harness::{answer, ask, command, workspace};

#[test]
fn wrong_arguments_are_named() {
    let workspace = workspace();
    for (arguments, error) in [
        (&[][..], "missing command"),
        (&["lock"], "unknown command 'lock'"),
        (&["--jason"], "unrecognized option '--jason'"),
        (&["run", "true"], "missing '--' before the command"),
        (&["run", "--"], "missing command after '--'"),
        (&["run", "--timeout=soon", "--", "true"], "invalid timeout 'soon'"),
        (&["run", "--timeout=-1", "--", "true"], "invalid timeout '-1'"),
        (
            &["run", "--wait=5", "--", "true"],
            "option '--wait' doesn't allow an argument; to limit the wait, use --timeout",
        ),
        (&["run", "--wait", "5", "--", "true"], "no such directory: '5'; to limit a wait, use --timeout=5"),
        (&["wait", "0.5"], "no such directory: '0.5'; to limit a wait, use --timeout=0.5"),
        (&["run", "-E", "256", "--", "true"], "invalid exit status '256'"),
        (&["run", "a", "b", "--", "true"], "extra operand 'b'"),
        (&["run", "--jason", "--", "true"], "unrecognized option '--jason'"),
        (&["run", "--n", "--", "true"], "option '--n' is ambiguous"),
        (&["run", "-x", "--", "true"], "invalid option -- 'x'"),
        (&["run", "--or-worktree", "--file=a", "--", "true"], "exclude each other"),
        (&["run", "--or-worktree", "--wait", "--", "true"], "needs --timeout"),
        (&["run", "--on-lost=go", "--", "true"], "invalid argument 'go' for '--on-lost'"),
        (&["status", "--jason"], "unrecognized option '--jason'"),
        (&["status", "--json=1"], "option '--json' doesn't allow an argument"),
        (&["status", "a", "b"], "extra operand 'b'"),
        (&["wait", "--timeout=inf"], "invalid timeout 'inf'"),
        (&["wait", "--timeout"], "option '--timeout' requires an argument"),
        (&["wait", "-t"], "option requires an argument -- 't'"),
        (&["signal", "-s", "UP"], "invalid signal 'UP'"),
    ] {
        let (status, output, errors) = ask(&workspace, arguments);
        assert_eq!((status, output.as_str()), (64, ""), "{arguments:?}");
        let lines: Vec<&str> = errors.lines().collect();
        assert!(lines[0].starts_with("ralph-lock: ") && lines[0].contains(error), "{arguments:?}: {errors}");
        assert!(
            lines[1].starts_with("ralph-lock: try 'ralph-lock") && lines[1].contains(" --help' for more"),
            "{errors}"
        );
        assert_eq!(lines.len(), 2, "{errors}");
    }
    let prompt = OsString::from_vec(b"--prompt=a\xffb".to_vec());
    let output = command(&workspace, &["run"]).arg(prompt).args(["--", "true"]).output().unwrap();
    let (status, _, errors) = answer(&output);
    assert!(status == 64 && errors.contains("the prompt is not UTF-8: 'a\\xffb'"), "{errors}");
    assert!(!workspace.path().join(".ralph").exists());
    // An argument's text cannot harm the terminal.
    let nasty = "\u{1b}[31m\u{202e}\u{200d}\u{e0041}";
    for arguments in [
        &["run", nasty, "--", "true"][..],
        &[nasty],
        &["run", &format!("--{nasty}"), "--", "true"],
        &["status", &format!("--js{nasty}")],
        &["signal", "-s", nasty],
        &["wait", "-t", nasty],
        &["run", "--", nasty],
    ] {
        let (_, _, errors) = ask(&workspace, arguments);
        assert!(!errors.contains(['\x1b', '\u{202e}', '\u{200d}', '\u{e0041}']), "{arguments:?} {errors}");
        assert!(errors.contains("\\u{1b}[31m\\u{202e}\\u{200d}\\u{e0041}"), "{arguments:?} {errors}");
    }
    let version = format!("ralph-lock {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(ask(&workspace, &["--version"]), (0, version, String::new()));
}

const COMMANDS: [&str; 4] = ["run", "status", "wait", "signal"];

/// The long options in a text.
fn options_in(text: &str) -> Vec<String> {
    let mut options: Vec<String> = text
        .split("--")
        .skip(1)
        .map(|rest| rest.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '-').collect())
        .filter(|option: &String| !option.is_empty())
        .collect();
    options.sort();
    options.dedup();
    options
}

#[test]
fn help_manual_and_completions_name_the_same_options() {
    let workspace = workspace();
    let file = |name: &str| read_to_string(root().join("tools").join(name)).expect("it can be read");
    let manual = file("ralph-lock.1");
    let (bash, zsh, fish) =
        (file("completions/ralph-lock.bash"), file("completions/_ralph-lock"), file("completions/ralph-lock.fish"));
    let line = |text: &str, begin: &str| -> String {
        text.lines().map(str::trim_start).filter(|line| line.starts_with(begin)).collect()
    };
    for command in COMMANDS {
        let (status, help, errors) = ask(&workspace, &[command, "--help"]);
        assert_eq!((status, errors.as_str()), (0, ""));
        assert!(help.lines().all(|line| line.len() <= 80), "{help}");
        // Only its list: elsewhere a help text may mention another command's options.
        let list: String = help.lines().filter(|line| line.starts_with("  ")).collect();
        let options = options_in(&list);
        assert!(options.contains(&"help".to_owned()), "{help}");

        let section = manual.split(&format!(".Ss {command}\n")).nth(1).expect("the manual has a section for it");
        let section = section.split("\n.Ss ").next().unwrap().split("\n.Sh ").next().unwrap();
        let items: Vec<&str> = section.lines().filter(|line| line.starts_with(".It Fl")).collect();
        let items = items.join(" ").replace(" , -", " --").replace("Fl -", "--");
        assert_eq!(options_in(&items), options, "the manual's options of {command}");

        let in_bash = options_in(&line(&bash, &format!("{command}) words=")));
        assert_eq!(in_bash, options, "bash's options of {command}");
        let begin = format!("{command})\n");
        let in_zsh = match zsh.split(&begin).nth(1) {
            Some(rest) => rest.split(";;").next().unwrap().replace("(i)--]", ""),
            None => line(&zsh, &format!("{command})")),
        };
        let in_zsh = options_in(&(in_zsh + &line(&zsh, "common=") + &line(&zsh, "file=(")));
        assert_eq!(in_zsh, options, "zsh's options of {command}");
        let mut in_fish: Vec<String> = fish
            .lines()
            .filter(|line| {
                line.contains(&format!("$seen {command}\""))
                    || line.contains("-n \"$seen\"")
                    || line.contains("before_dashes -s h")
            })
            .filter_map(|line| Some(line.split(" -l ").nth(1)?.split(' ').next()?.to_owned()))
            .collect();
        in_fish.sort();
        assert_eq!(in_fish, options, "fish's options of {command}");
    }
    let (_, help, _) = ask(&workspace, &["--help"]);
    assert_eq!(options_in(&help), ["help", "version"]);
    assert!(COMMANDS.iter().all(|command| help.contains(&format!("\n  {command} [DIR]"))), "{help}");
}

#[test]
fn the_tool_compiles_strictly() {
    let sources: Vec<PathBuf> = std::fs::read_dir(root().join("tools/ralph-lock"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    for compiler in ["cc", "clang"] {
        run(Command::new(compiler)
            .args(["-std=c99", "-fsyntax-only"])
            .args(STRICT)
            .arg("-I")
            .arg(root().join("include"))
            .args(&sources));
    }
}
