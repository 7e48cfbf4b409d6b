//! Runs the tool in a workspace, and records each step for the report of a failed test.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::sync::{Mutex, Once};
use std::time::Duration;

use ralph_lock::LoopLock;
use tempfile::TempDir;

use crate::common;
use crate::common::run;

/// The tool. From now on a program that hangs is ended.
pub fn tool() -> &'static Path {
    static WATCH: Once = Once::new();
    let tool = common::tool();
    WATCH.call_once(|| {
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_secs(300));
            eprintln!("after 300 s these have not ended:\n{}", unfinished());
            std::process::abort();
        });
    });
    tool
}

/// A new workspace.
pub fn workspace() -> TempDir {
    tool();
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made")
}

/// The tool with arguments in a workspace, its output piped.
pub fn command(workspace: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = program(tool(), workspace);
    command.args(arguments);
    command
}

/// A program in a workspace, which the environment names, because the repository in which these tests are built is
/// around it.
pub fn program(program: impl AsRef<std::ffi::OsStr>, workspace: impl AsRef<Path>) -> Command {
    let workspace = workspace.as_ref();
    let mut command = Command::new(program);
    command.current_dir(workspace).env("RALPH_WORKSPACE_ROOT", workspace).env_remove("RALPH_LOCK_TOKEN");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Its messages are the same in every locale.
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    // No user settings of git, and no repository of a hook that runs the tests.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "A").env(format!("GIT_{role}_EMAIL"), "a@example.org");
    }
    command
}

/// The result of a shell script in a workspace; `$RL` is the tool.
pub fn script(workspace: impl AsRef<Path>, script: &str) -> (i32, String, String) {
    let mut shell = program("sh", workspace);
    shell.args(["-c", script]).env("RL", tool()).stdin(Stdio::null());
    note(format!("$ {script}"));
    answer(&shell.output().expect("it runs"))
}

/// The tool's exit status, standard output and standard error.
pub fn ask(workspace: impl AsRef<Path>, arguments: &[&str]) -> (i32, String, String) {
    let mut command = command(workspace, arguments);
    note(format!("$ {command:?}"));
    answer(&command.stdin(Stdio::null()).output().expect("it runs"))
}

pub fn answer(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it prints UTF-8");
    let answer = (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr));
    note(format!("{}, printed {:?}, said {:?}", output.status, answer.1, answer.2));
    answer
}

/// The last step of each running test, by name.
static STEPS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Records a step: a command, or its result. A failed test prints all of its steps.
pub fn note(step: String) {
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

/// The running tests, each with its last step.
fn unfinished() -> String {
    let steps = STEPS.lock().expect("no test panics here");
    steps.iter().map(|(test, step)| format!("{test}: {step}\n")).collect()
}

/// A running tool, killed if the test fails.
pub struct Running {
    pub child: Child,
    output: BufReader<ChildStdout>,
    errors: BufReader<ChildStderr>,
}

impl Running {
    pub fn new(command: &mut Command) -> Running {
        note(format!("$ {command:?} &"));
        let mut child = command.spawn().expect("it runs");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let errors = BufReader::new(child.stderr.take().expect("it is piped"));
        Running { child, output, errors }
    }

    /// Runs a shell script with the lock; it prints "on" when it runs.
    pub fn holder(workspace: impl AsRef<Path>, script: &str) -> Running {
        let mut holder = Running::new(&mut command(workspace, &["run", "--prompt", "works", "--", "sh", "-c", script]));
        assert_eq!(holder.line(), "on");
        holder
    }

    pub fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// The next line of its standard output.
    pub fn line(&mut self) -> String {
        read_line(&mut self.output, &format!("process {} printed", self.child.id()))
    }

    /// The next line of its standard error.
    pub fn error_line(&mut self) -> String {
        read_line(&mut self.errors, &format!("process {} said", self.child.id()))
    }

    pub fn signal(&self, name: &str) {
        note(format!("kill -{name} {}", self.pid()));
        run(Command::new("sh").args(["-c", &format!("kill -{name} {}", self.pid())]));
    }

    /// Closes its standard input, and returns its result.
    pub fn finish(mut self) -> (i32, String, String) {
        drop(self.child.stdin.take());
        let (mut output, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut output).expect("it can be read");
        self.errors.read_to_string(&mut errors).expect("it can be read");
        let status = self.child.wait().expect("it ends");
        note(format!("process {}: {status}, printed {output:?}, said {errors:?}", self.pid()));
        (status.code().unwrap_or(-1), output, errors)
    }
}

fn read_line(from: &mut impl BufRead, what: &str) -> String {
    note(format!("{what} is awaited"));
    let mut line = String::new();
    from.read_line(&mut line).expect("it can be read");
    note(format!("{what} {line:?}"));
    line.trim_end().to_owned()
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Works until its standard input ends.
pub const WORK: &str = "echo on; cat >/dev/null";

pub fn is_locked(workspace: impl AsRef<Path>) -> bool {
    LoopLock::is_locked(workspace.as_ref()).expect("it can be asked")
}

/// A shell that holds the lock without a record, until its standard input ends.
pub fn nameless_holder(workspace: &TempDir) -> Running {
    let mut shell = program("sh", workspace);
    shell.args(["-c", "mkdir -p .ralph; : >.ralph/loop.lock; exec 9<.ralph/loop.lock; flock 9; echo on; read line"]);
    let mut shell = Running::new(&mut shell);
    assert_eq!(shell.line(), "on");
    shell
}
