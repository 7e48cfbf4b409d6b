//! The command-line tool as a user has it: real processes, pipes and a terminal.

#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::fs::{read_to_string, write};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::sync::{Mutex, Once};
use std::time::Duration;

use common::{STRICT, root, run};
use ralph_lock::LoopLock;
use serde_json::Value;
use tempfile::TempDir;

/// The tool. From now on whatever hangs is ended.
fn tool() -> &'static Path {
    static WATCH: Once = Once::new();
    let tool = common::tool();
    WATCH.call_once(|| {
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_secs(120));
            eprintln!("after 120 s these have not ended:\n{}", unfinished());
            std::process::abort();
        });
    });
    tool
}

/// A new workspace.
fn workspace() -> TempDir {
    tool();
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made")
}

/// The tool, told to do something in a workspace, with all that it prints piped.
fn command(workspace: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(tool());
    command.args(arguments).current_dir(workspace);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What it says is the same in every place.
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command
}

/// What the tool has answered when it has ended: its status, standard output and standard error.
fn ask(workspace: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut command = command(workspace, arguments);
    note(format!("$ {command:?}"));
    answer(&command.stdin(Stdio::null()).output().expect("it runs"))
}

fn answer(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it prints UTF-8");
    let answer = (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr));
    note(format!("{}, printed {:?}, said {:?}", output.status, answer.1, answer.2));
    answer
}

/// The last step of each test that runs, by its name.
static STEPS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Notes a step: what is run, or what came of it. A test that fails shows all of its steps.
fn note(step: String) {
    thread_local!(static TEST: Test = Test(std::thread::current().name().unwrap_or("a test").to_owned()));
    println!("{step}");
    TEST.with(|test| STEPS.lock().expect("no test panics here").insert(test.0.clone(), step));
}

/// A test, until its thread ends.
struct Test(String);

impl Drop for Test {
    fn drop(&mut self) {
        STEPS.lock().expect("no test panics here").remove(&self.0);
    }
}

/// The tests that run, each with its last step.
fn unfinished() -> String {
    let steps = STEPS.lock().expect("no test panics here");
    steps.iter().map(|(test, step)| format!("{test}: {step}\n")).collect()
}

/// A tool that runs. It is killed if a test fails.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    errors: BufReader<ChildStderr>,
}

impl Running {
    fn new(command: &mut Command) -> Running {
        note(format!("$ {command:?} &"));
        let mut child = command.spawn().expect("it runs");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let errors = BufReader::new(child.stderr.take().expect("it is piped"));
        Running { child, output, errors }
    }

    /// Runs a shell's script with the lock, which says "on" when it runs.
    fn holder(workspace: &TempDir, script: &str) -> Running {
        let mut holder = Running::new(&mut command(workspace, &["run", "--prompt", "works", "--", "sh", "-c", script]));
        assert_eq!(holder.line(), "on");
        holder
    }

    fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// The next line of its standard output.
    fn line(&mut self) -> String {
        read_line(&mut self.output, &format!("process {} printed", self.child.id()))
    }

    /// The next line of its standard error.
    fn error_line(&mut self) -> String {
        read_line(&mut self.errors, &format!("process {} said", self.child.id()))
    }

    fn signal(&self, name: &str) {
        note(format!("kill -{name} {}", self.pid()));
        run(Command::new("sh").args(["-c", &format!("kill -{name} {}", self.pid())]));
    }

    /// Ends its standard input, and gives what it then answers.
    fn finish(mut self) -> (i32, String, String) {
        drop(self.child.stdin.take());
        let (mut output, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut output).expect("it can be read");
        self.errors.read_to_string(&mut errors).expect("it can be read");
        let status = self.child.wait().expect("it ends");
        note(format!("process {}: {status}, printed {output:?}, said {errors:?}", self.pid()));
        (status.code().unwrap_or(-1), output, errors)
    }
}

fn read_line(from: &mut impl BufRead, who: &str) -> String {
    note(format!("what {who} is read"));
    let mut line = String::new();
    from.read_line(&mut line).expect("it can be read");
    note(format!("{who} {line:?}"));
    line.trim_end().to_owned()
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Works until its standard input ends.
const WORK: &str = "echo on; cat >/dev/null";

fn is_locked(workspace: &TempDir) -> bool {
    LoopLock::is_locked(workspace.path()).expect("it can be asked")
}

#[test]
fn run_holds_the_lock_and_ends_as_its_command_does() {
    let workspace = workspace();
    let mut holder = Running::new(&mut command(&workspace, &["run", "--", "sh", "-c", WORK, "caf\u{e9}"]));
    assert_eq!(holder.line(), "on");
    let record = LoopLock::read_existing(workspace.path()).unwrap().expect("it is on record");
    assert_eq!(record.pid, holder.child.id());
    assert_eq!(record.prompt, format!("sh -c {WORK} caf\u{e9}"));
    assert!(is_locked(&workspace));
    assert_eq!(holder.finish(), (0, String::new(), String::new()));
    assert!(!is_locked(&workspace));
    assert_eq!(read_to_string(workspace.path().join(".ralph/loop.lock")).unwrap().trim(), "");

    write(workspace.path().join("text"), "no program").unwrap();
    for (arguments, status, error) in [
        (&["sh", "-c", "exit 7"][..], 7, ""),
        (&["sh", "-c", "exit 75"], 75, ""),
        (&["./text"], 126, "ralph-lock: cannot run ./text: Permission denied\n"),
        (&["./missing"], 127, "ralph-lock: cannot run ./missing: No such file or directory\n"),
    ] {
        let (ended, output, errors) = ask(&workspace, &[&["run", ".", "--"], arguments].concat());
        assert_eq!((ended, output.as_str(), errors.as_str()), (status, "", error), "{arguments:?}");
    }
    // A shell shows the death by a signal as 128 and its number.
    let script = format!("{} run -- sh -c 'kill -KILL $$'; echo $?", tool().display());
    let output = Command::new("sh").args(["-c", &script]).current_dir(&workspace).output().unwrap();
    assert_eq!(answer(&output).1, "137\n");
    // What is no UTF-8 does not keep a command from being run.
    let odd = std::os::unix::ffi::OsStringExt::from_vec(b"a\xffb".to_vec());
    let odd: std::ffi::OsString = odd;
    let output = command(&workspace, &["run", "--", "cat", ".ralph/loop.lock"]).arg(odd).output().unwrap();
    assert!(answer(&output).1.contains("cat .ralph/loop.lock a\u{fffd}b"), "{output:?}");
}

#[test]
fn run_refuses_and_says_who_is_at_what() {
    let workspace = workspace();
    let holder = Running::holder(&workspace, WORK);
    let who = format!("/.ralph/loop.lock is held by process {} since 2", holder.pid());
    for option in ["--wait=0", "--wait=0.05", "--prompt=other"] {
        let (status, output, errors) = ask(&workspace, &["run", option, "--", "echo", "ran"]);
        assert_eq!((status, output.as_str()), (75, ""), "{option}");
        assert!(errors.contains(&who) && errors.ends_with("s ago)\nralph-lock: its prompt: works\n"), "{errors}");
    }
    assert_eq!(ask(&workspace, &["run", "--quiet", "--wait=0.05", "--", "echo", "ran"]).0, 75);
    assert_eq!(ask(&workspace, &["run", "-q", "--", "echo", "ran"]), (75, String::new(), String::new()));
    // Another file is another lock.
    assert_eq!(ask(&workspace, &["run", "--file=other.lock", "--", "echo", "ran"]).1, "ran\n");
    // A failure is not taken for somebody who holds it.
    let (status, _, errors) = ask(&workspace, &["run", "missing", "--", "true"]);
    assert!(status == 74 && errors.contains("missing"), "{status} {errors}");
    holder.finish();
}

#[test]
fn what_a_command_leaves_running_keeps_no_lock() {
    let workspace = workspace();
    // The server's standard output is how this test ends it.
    let mut server = Running::new(&mut command(
        &workspace,
        &["run", "--", "sh", "-c", "sh -c 'echo on; exec sleep 1000' & echo $!; exit 3"],
    ));
    let lines = [server.line(), server.line()];
    let pid = lines.iter().find(|line| *line != "on").expect("one is its number").clone();
    assert_eq!(server.child.wait().unwrap().code(), Some(3));
    assert!(Path::new("/proc").join(&pid).exists());
    assert!(!is_locked(&workspace));
    run(Command::new("sh").args(["-c", &format!("kill {pid}")]));
}

#[test]
fn a_killed_tool_takes_its_command_along() {
    let workspace = workspace();
    let mut holder = Running::holder(&workspace, "echo on; trap '' TERM HUP INT; read line; echo \"went on\"");
    // What the command reads stays open, so that nothing but its death ends what it writes.
    let _input = holder.child.stdin.take();
    holder.signal("KILL");
    holder.child.wait().unwrap();
    assert_eq!(holder.line(), "");
    assert!(!is_locked(&workspace));
}

#[test]
fn signals_reach_the_command_and_the_tool_ends_after_it() {
    for name in ["TERM", "INT", "HUP", "QUIT", "USR1"] {
        let workspace = workspace();
        // A signal to a shell's child that has not called exec yet can be lost; so it is the child that says "on".
        let script =
            format!("trap 'kill $!; echo got; read line; exit 9' {name}; sh -c 'echo on; exec sleep 1000' & wait");
        let mut holder = Running::holder(&workspace, &script);
        holder.signal(name);
        assert_eq!(holder.line(), "got");
        assert!(is_locked(&workspace));
        assert_eq!(holder.finish().0, 9, "{name}");
        assert!(!is_locked(&workspace));
    }
    // What its starter made it ignore, it and its command ignore.
    let workspace = workspace();
    let script = "trap '' HUP; exec \"$0\" run -- sh -c 'kill -HUP $$; kill -HUP $PPID; echo still here'";
    let output = Command::new("sh").args(["-c", script]).arg(tool()).current_dir(&workspace).output().unwrap();
    assert_eq!(answer(&output), (0, "still here\n".to_owned(), String::new()));
}

#[test]
fn nobody_waits_for_the_process_that_it_runs_under() {
    let workspace = workspace();
    let tool = tool().display();
    let script = format!(
        "{tool} run --wait -- echo beside; echo $?; {tool} wait; echo $?; {tool} run --nested -- echo within; echo $?"
    );
    let (status, output, errors) = ask(&workspace, &["run", "--", "sh", "-c", &script]);
    assert_eq!((status, output.as_str()), (0, "75\n75\nwithin\n0\n"), "{errors}");
    assert_eq!(errors.matches("runs under that process").count(), 2, "{errors}");
    // Nobody else is within it.
    let holder = Running::holder(&workspace, WORK);
    assert_eq!(ask(&workspace, &["run", "--nested", "--", "echo", "within"]).0, 75);
    holder.finish();
    assert_eq!(ask(&workspace, &["run", "--nested", "--", "echo", "alone"]).1, "alone\n");
}

#[test]
fn a_lock_file_that_was_removed_is_reported() {
    let workspace = workspace();
    let (status, _, errors) = ask(&workspace, &["run", "--", "sh", "-c", "rm -r .ralph; exit 2"]);
    assert_eq!(status, 2);
    assert!(errors.starts_with("ralph-lock: while the command ran, another may have had the lock: "), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

const NASTY: &str = "line\n\"two\"\t\u{1b}[31m\u{7}\u{9b}1m \\ \u{202e}caf\u{e9} \u{1f600} \u{7f}";

#[test]
fn status_tells_free_held_and_stale() {
    let workspace = workspace();
    let file = workspace.path().canonicalize().unwrap().join(".ralph/loop.lock");
    let free = format!("state    free\nfile     {}\n", file.display());
    assert_eq!(ask(&workspace, &["status"]), (0, free, String::new()));
    assert!(!file.exists());
    let json = |status: i32| -> Value {
        let (ended, output, errors) = ask(&workspace, &["status", "--json"]);
        assert_eq!((ended, errors.as_str()), (status, ""));
        assert!(output.is_ascii() && !output.contains('\x7f') && output.lines().count() == 1, "{output:?}");
        serde_json::from_str(&output).expect("it is JSON")
    };
    assert_eq!(json(0)["state"], "free");
    assert_eq!(json(0)["holder"], Value::Null);

    let mut holder = Running::new(&mut command(&workspace, &["run", "--prompt", NASTY, "--", "sh", "-c", WORK]));
    assert_eq!(holder.line(), "on");
    let held = json(1);
    assert_eq!(held["state"], "held");
    assert_eq!(held["path"], file.to_str().unwrap());
    assert_eq!(held["holder"]["pid"], holder.child.id());
    assert_eq!(held["holder"]["prompt"], NASTY);
    assert_eq!(held["holder"]["liveness"], "live");
    assert_eq!(held["holder"]["relation"], "other");
    assert_eq!(held["last_holder"], Value::Null);
    let (status, output, _) = ask(&workspace, &["status"]);
    assert_eq!(status, 1);
    let find = |start: &str| output.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{output}"));
    assert_eq!(find("process"), format!("process  {}, running", holder.pid()));
    assert!(find("since").ends_with(" s ago)"), "{output}");
    let escaped = "line\\n\"two\"\\t\\x1b[31m\\a\\xc2\\x9b1m \\ \\xe2\\x80\\xaecaf\u{e9} \u{1f600} \\x7f";
    assert_eq!(find("prompt"), format!("prompt   {escaped}"));
    assert_eq!(ask(&workspace, &["status", "-q"]), (1, String::new(), String::new()));

    holder.signal("KILL");
    holder.child.wait().unwrap();
    let stale = json(0);
    assert_eq!(stale["state"], "stale");
    assert_eq!(stale["holder"], Value::Null);
    assert_eq!(stale["last_holder"]["pid"], holder.child.id());
    assert_eq!(stale["last_holder"]["liveness"], "dead");
    assert!(ask(&workspace, &["status"]).1.starts_with("state    stale"));

    // flock(1) leaves no record. The process that has its lock is found all the same.
    let nameless = nameless_holder(&workspace);
    let held = json(1);
    assert_eq!((&held["state"], &held["holder"]), (&"held".into(), &Value::Null));
    assert_eq!(held["keepers"], serde_json::json!([nameless.child.id()]));
    let (_, output, _) = ask(&workspace, &["status"]);
    assert!(output.ends_with(&format!("holder   somebody who left no record\nkept by  {}\n", nameless.pid())));

    assert_eq!(ask(&workspace, &["status", "missing"]).0, 74);
    assert_eq!(ask(&workspace, &["status", ".ralph/loop.lock"]).0, 74);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(command(&workspace, &["status"]).stdout(full).status().unwrap().code(), Some(74));
}

#[test]
fn wait_ends_when_it_is_free_and_changes_nothing() {
    let workspace = workspace();
    assert_eq!(ask(&workspace, &["wait"]), (0, String::new(), String::new()));
    assert!(!workspace.path().join(".ralph").exists());
    let mut holder = Running::holder(&workspace, WORK);
    let (status, _, errors) = ask(&workspace, &["wait", "--timeout=0.05"]);
    assert_eq!(status, 75);
    assert!(errors.contains(&format!("is held by process {} since", holder.pid())), "{errors}");
    let mut waiter = Running::new(&mut command(&workspace, &["wait"]));
    assert!(waiter.error_line().starts_with("ralph-lock: waiting: held by process"));
    holder.signal("KILL");
    holder.child.wait().unwrap();
    assert_eq!(waiter.finish(), (0, String::new(), String::new()));
    // Mostly the dead holder's record is still there, for the one who takes the lock next. Always it is free.
    assert_eq!(ask(&workspace, &["status", "-q"]).0, 0);
}

/// A shell that holds the lock and says nothing of itself in the file, until its standard input ends.
fn nameless_holder(workspace: &TempDir) -> Running {
    let mut shell = Command::new("sh");
    shell.args(["-c", "mkdir -p .ralph; : >.ralph/loop.lock; exec 9<.ralph/loop.lock; flock 9; echo on; read line"]);
    shell.current_dir(workspace).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = Running::new(&mut shell);
    assert_eq!(shell.line(), "on");
    shell
}

#[test]
fn a_wait_tells_of_each_holder_once_and_then_runs() {
    let workspace = workspace();
    let holder = nameless_holder(&workspace);
    let mut waiter = Running::new(&mut command(&workspace, &["run", "--wait=100.5", "--", "echo", "ran"]));
    assert_eq!(waiter.error_line(), "ralph-lock: waiting: held by somebody who left no record");
    let record = r#"{"pid": 1, "started": "2026-01-02T03:04:05Z", "prompt": "second\n"}"#;
    for change in [record.to_owned(), record.replace(": 1,", ": 2,")] {
        write(workspace.path().join(".ralph/loop.lock"), &change).unwrap();
        let line = waiter.error_line();
        let pid = if change == record { 1 } else { 2 };
        let begin = format!("ralph-lock: waiting: held by process {pid} since 2026-01-02 03:04:05 +0000 (");
        assert!(line.starts_with(&begin) && line.ends_with(" ago): second\\n"), "{line}");
    }
    holder.finish();
    assert_eq!(waiter.finish(), (0, "ran\n".to_owned(), String::new()));
}

#[test]
fn a_wait_without_the_kernels_help_ends_too() {
    let workspace = workspace();
    let holder = Running::holder(&workspace, WORK);
    let mut traced = Command::new("strace");
    traced.args(["--quiet=all", "-e", "trace=epoll_create1", "-e", "inject=epoll_create1:error=ENOSYS"]).arg(tool());
    traced.args(["run", "--wait", "--", "echo", "ran"]).current_dir(&workspace);
    traced.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut waiter = Running::new(&mut traced);
    while !waiter.error_line().contains("waiting: held by process") {
        assert!(waiter.child.try_wait().unwrap().is_none());
    }
    holder.finish();
    let (status, output, _) = waiter.finish();
    assert_eq!((status, output.as_str()), (0, "ran\n"));
}

#[test]
fn signal_reaches_the_holder_or_says_why_not() {
    let workspace = workspace();
    let (status, _, errors) = ask(&workspace, &["signal"]);
    assert!(status == 1 && errors.ends_with("nobody holds the lock\n"), "{status} {errors}");
    for arguments in [&["signal"][..], &["signal", "-TERM"], &["signal", "-s", "sigterm"], &["signal", "-15", "."]] {
        let holder =
            Running::holder(&workspace, "trap 'kill $!; exit 9' TERM; sh -c 'echo on; exec sleep 1000' & wait");
        assert_eq!(ask(&workspace, &["signal", "-0"]).0, 0);
        assert_eq!(ask(&workspace, arguments), (0, String::new(), String::new()), "{arguments:?}");
        assert_eq!(holder.finish().0, 9, "{arguments:?}");
    }
    let holder = nameless_holder(&workspace);
    let (status, _, errors) = ask(&workspace, &["signal"]);
    assert!(status == 74 && errors.contains("no record"), "{status} {errors}");
    holder.finish();
}

#[test]
fn a_terminal_shows_one_line_and_its_keys_work() {
    let workspace = workspace();
    let mut python = Command::new("python3");
    python.arg("-B").arg(root().join("tests/tool_terminal.py")).arg(tool()).current_dir(&workspace);
    print!("{}", run(&mut python));
}

#[test]
fn wrong_arguments_are_named() {
    let workspace = workspace();
    for (arguments, error) in [
        (&[][..], "what is to be done?"),
        (&["lock"], "there is no command \"lock\""),
        (&["run", "true"], "the command goes after \"--\""),
        (&["run", "--"], "there is no command after \"--\""),
        (&["run", "--wait=soon", "--", "true"], "\"soon\" is no number of seconds"),
        (&["run", "--wait=-1", "--", "true"], "\"-1\" is no number of seconds"),
        (&["run", "a", "b", "--", "true"], "there is also \"b\""),
        (&["run", "--jason", "--", "true"], "'--jason'"),
        (&["status", "--jason"], "'--jason'"),
        (&["status", "a", "b"], "there is also \"b\""),
        (&["wait", "--timeout=inf"], "\"inf\" is no number of seconds"),
        (&["wait", "--timeout"], "'--timeout' requires an argument"),
        (&["signal", "-s", "UP"], "\"UP\" is no signal"),
    ] {
        let (status, output, errors) = ask(&workspace, arguments);
        assert_eq!((status, output.as_str()), (64, ""), "{arguments:?}");
        let last = errors.lines().last().unwrap_or_default();
        assert!(errors.starts_with("ralph-lock") && errors.contains(error), "{arguments:?}: {errors}");
        assert!(last.starts_with("ralph-lock: see \"ralph-lock") && last.ends_with(" --help\""), "{errors}");
    }
    assert!(!workspace.path().join(".ralph").exists());
    // What a directory is called does the terminal no harm.
    let (_, _, errors) = ask(&workspace, &["run", "\u{1b}[31m", "--", "true"]);
    assert!(!errors.contains('\x1b') && errors.contains("1b"), "{errors}");
    let version = format!("ralph-lock {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(ask(&workspace, &["--version"]), (0, version, String::new()));
}

const COMMANDS: [&str; 4] = ["run", "status", "wait", "signal"];

/// The long options in a text.
fn options_in(text: &str) -> Vec<String> {
    let mut options: Vec<String> = text
        .split("--")
        .skip(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_lowercase).collect())
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
        assert!(help.lines().all(|line| line.len() <= 81), "{help}");
        // Its list alone: elsewhere a help may speak of another command's options.
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
        let in_zsh = options_in(&(in_zsh + &line(&zsh, "common=")));
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
